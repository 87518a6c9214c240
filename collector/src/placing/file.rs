//! The file of places: a header of 64 bytes with length and checksum, then JSON. Written beside, made durable, renamed.

use std::io::{self, BufWriter, Read, Write};

use hogusu_placing::{Epoch, EpochRecord};
use serde::{Deserialize, Serialize};

use super::Current;
use crate::limits;
use crate::store::Files;
use crate::store::stream::{Input, Output};

/// In the data folder.
pub const NAME: &str = "placing.epoch";
/// What is written before it has its name.
const UNFINISHED: &str = "placing.unfinished";
/// What every file begins with; the number is the format's.
const MAGIC: &str = "hogusu-placing 1 ";
const HEADER: usize = 64;
const SCHEMA: &str = "hogusu.placing_epoch/v1";

/// What it holds.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Document {
    schema: String,
    begun: u64,
    epoch: EpochRecord,
}

fn header(bytes: usize, checksum: u32) -> String {
    let text = format!("{MAGIC}crc32c={checksum:08x} bytes={bytes}");
    format!("{text:<width$}\n", width = HEADER - 1)
}

/// Writes it in the place of the one before, durably.
pub(super) fn write(folder: &impl Files, current: &Current) -> io::Result<()> {
    let Current { begun, epoch } = current;
    let document = Document { schema: SCHEMA.to_owned(), begun: *begun, epoch: epoch.record() };
    let body = serde_json::to_vec(&document)?;
    let mut out = BufWriter::new(Output::new(folder.open(UNFINISHED)?)?);
    out.write_all(header(body.len(), crc32c::crc32c(&body)).as_bytes())?;
    out.write_all(&body)?;
    out.into_inner().map_err(io::IntoInnerError::into_error)?.finish()?;
    folder.rename(UNFINISHED, NAME)?;
    folder.sync_dir()
}

/// Reads it; `None` where there is none, or none that can be believed: that one is laid aside under another name.
pub(super) fn read(folder: &impl Files) -> io::Result<Option<Current>> {
    let file = match folder.existing(NAME) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        file => Input::new(file?)?,
    };
    let mut bytes = Vec::new();
    file.take(limits::PLACING_BYTES + 1).read_to_end(&mut bytes)?;
    match believed(&bytes) {
        Ok(current) => Ok(Some(current)),
        Err(why) => {
            let aside = format!("{NAME}.damaged");
            tracing::error!(
                file = NAME,
                aside,
                why,
                "the file of places cannot be believed: a new placing epoch begins"
            );
            folder.rename(NAME, &aside)?;
            folder.sync_dir()?;
            Ok(None)
        }
    }
}

fn believed(bytes: &[u8]) -> Result<Current, String> {
    let (head, body) = bytes.split_at_checked(HEADER).ok_or("it is shorter than its header")?;
    if bytes.len() as u64 > limits::PLACING_BYTES {
        return Err("it is larger than any file of places".to_owned());
    }
    if !head.starts_with(MAGIC.as_bytes()) {
        return Err("it is no file of places of this version".to_owned());
    }
    if header(body.len(), crc32c::crc32c(body)).as_bytes() != head {
        return Err("length or checksum is not that of its header".to_owned());
    }
    let document: Document = serde_json::from_slice(body).map_err(|error| error.to_string())?;
    let epoch = Epoch::restored(document.epoch).map_err(|wrong| wrong.to_string())?;
    let Document { schema, begun, .. } = document;
    if schema != SCHEMA || begun == 0 || begun % super::SECOND != 0 {
        return Err(format!("it is of schema {schema}, begun {begun}"));
    }
    Ok(Current { begun, epoch })
}
