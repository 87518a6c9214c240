//! A baseline's file: a header of 64 bytes with length and checksum, then lines of JSON under gzip. Written beside, made durable, renamed.

use std::collections::BTreeSet;
use std::io::{self, BufRead, BufReader, BufWriter, Read, Write};

use flate2::Compression;
use flate2::bufread::GzDecoder;
use flate2::write::GzEncoder;
use hogusu_compare::{Gathering, PeriodOfMesh};
use hogusu_model::Workload;
use redb::StorageBackend;

use super::{BaselineError, End, Head, Line, Name};
use crate::limits;
use crate::store::stream::{Input, Output};

/// What every file begins with; the number is the format's.
const MAGIC: &str = "hogusu-baseline 1 ";
const HEADER: usize = 64;
/// What a writer may still hold back when the bound is seen to be exceeded, by far.
const LAST_LINES: u64 = 16 * 1024 * 1024;
/// What a head says of itself.
pub const SCHEMA: &str = "hogusu.baseline/v1";

/// A file that is being written.
#[derive(Debug)]
pub(super) struct Writing<B: StorageBackend> {
    out: GzEncoder<Counted<B>>,
}

/// Bytes behind the header, counted and summed up.
#[derive(Debug)]
struct Counted<B: StorageBackend> {
    file: BufWriter<Output<B>>,
    bytes: u64,
    checksum: u32,
}

impl<B: StorageBackend> Write for Counted<B> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.checksum = crc32c::crc32c_append(self.checksum, bytes.get(..written).unwrap_or_default());
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

impl<B: StorageBackend> Writing<B> {
    pub(super) fn begin(file: B) -> io::Result<Self> {
        let mut file = BufWriter::new(Output::new(file)?);
        file.write_all(&[b' '; HEADER])?;
        Ok(Self { out: GzEncoder::new(Counted { file, bytes: 0, checksum: 0 }, Compression::fast()) })
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When it cannot be written, or the file grows too large.
    pub(super) fn line(&mut self, line: &Line) -> Result<(), BaselineError> {
        serde_json::to_writer(&mut self.out, line).map_err(io::Error::from)?;
        self.out.write_all(b"\n")?;
        if self.out.get_ref().bytes > limits::BASELINE_BYTES {
            return Err(BaselineError::TooLarge(limits::BASELINE_BYTES));
        }
        Ok(())
    }

    /// Makes it durable. Returns its bytes.
    pub(super) fn finish(self) -> Result<u64, BaselineError> {
        let Counted { file, bytes, checksum } = self.out.finish()?;
        let file = file.into_inner().map_err(io::IntoInnerError::into_error)?;
        file.finish_with(header(bytes, checksum).as_bytes())?;
        Ok(bytes + HEADER as u64)
    }
}

fn header(bytes: u64, checksum: u32) -> String {
    let text = format!("{MAGIC}crc32c={checksum:08x} bytes={bytes}");
    format!("{text:<width$}\n", width = HEADER - 1)
}

/// The bytes behind the header, once it is known that they are those that were written.
///
/// # Errors
/// When it is damaged.
pub(super) fn compressed(name: &Name, mut file: Input<impl StorageBackend>) -> Result<Vec<u8>, BaselineError> {
    let damaged = |why: &str| BaselineError::Damaged { name: name.to_string(), why: why.to_owned() };
    let most = limits::BASELINE_BYTES.saturating_add(LAST_LINES);
    if file.length() > most {
        return Err(damaged("it is larger than any baseline"));
    }
    let mut head = [0; HEADER];
    file.read_exact(&mut head).map_err(|_short| damaged("it is shorter than its header"))?;
    if !head.starts_with(b"hogusu-baseline ") {
        return Err(damaged("it does not begin as a baseline does"));
    }
    if !head.starts_with(MAGIC.as_bytes()) {
        return Err(damaged("it is of another version of the format"));
    }
    let mut body = Vec::new();
    file.take(most).read_to_end(&mut body)?;
    if header(body.len() as u64, crc32c::crc32c(&body)).as_bytes() != head {
        return Err(damaged("length or checksum is not that of its header"));
    }
    Ok(body)
}

/// Reads every line, and that there is nothing but what one should hold.
///
/// # Errors
/// When it is missing or damaged, or `each` says so.
pub(super) fn read(
    name: &Name,
    file: Input<impl StorageBackend>,
    each: &mut dyn FnMut(Line) -> Result<(), BaselineError>,
) -> Result<(), BaselineError> {
    let damaged = |why: String| BaselineError::Damaged { name: name.to_string(), why };
    let body = compressed(name, file)?;
    let mut lines = BufReader::new(GzDecoder::new(body.as_slice()));
    let (mut text, mut order) = (String::new(), Order::default());
    for number in 1_u64.. {
        text.clear();
        if lines.read_line(&mut text).map_err(|error| damaged(error.to_string()))? == 0 {
            break;
        }
        let line = serde_json::from_str(&text).map_err(|error| damaged(format!("line {number}: {error}")))?;
        order.take(name, &line).map_err(|why| damaged(format!("line {number}: {why}")))?;
        each(line)?;
    }
    if order.is_ended { Ok(()) } else { Err(damaged("its end is missing".to_owned())) }
}

/// What came before a line.
#[derive(Default)]
struct Order {
    head: Option<Head>,
    hours: u64,
    edges: u64,
    is_ended: bool,
}

impl Order {
    fn take(&mut self, name: &Name, line: &Line) -> Result<(), &'static str> {
        let is_right = match (line, &self.head) {
            _ if self.is_ended => return Err("something stands behind the end"),
            (Line::Head(head), None) => head.schema == SCHEMA && head.name == name.to_string(),
            (Line::Hour(hour), Some(head)) => {
                self.hours < head.hours && hour.hour == head.from.saturating_add(self.hours) && self.edges == 0
            }
            (Line::Edge(_), Some(head)) => self.hours == head.hours,
            (Line::End(end), Some(head)) => self.hours == head.hours && end.edges == self.edges,
            _ => false,
        };
        match line {
            Line::Head(head) => self.head = Some(head.clone()),
            Line::Hour(_) => self.hours += 1,
            Line::Edge(_) => self.edges += 1,
            Line::End(_) => self.is_ended = true,
        }
        if is_right { Ok(()) } else { Err("it does not follow from those before it") }
    }
}

/// Reads one as it is compared.
pub(super) fn period(name: &Name, file: Input<impl StorageBackend>) -> Result<(Head, PeriodOfMesh), BaselineError> {
    let (mut head, mut gathering, mut ends) =
        (Head::default(), Gathering::default(), (BTreeSet::new(), BTreeSet::new()));
    read(name, file, &mut |line| {
        match line {
            Line::Head(found) => {
                gathering = Gathering::new(found.from, found.hours);
                head = found;
            }
            Line::Hour(hour) => gathering.hour(&hour).map_err(|_more| BaselineError::TooMuch)?,
            Line::Edge(edge) => gathering.edge(*edge),
            Line::End(End { covered, lacking, .. }) => ends = (workloads(covered), workloads(lacking)),
        }
        Ok(())
    })?;
    Ok((head, gathering.finish(ends.0, ends.1)))
}

fn workloads(named: Vec<[String; 3]>) -> BTreeSet<Workload> {
    named.into_iter().map(|[cluster, namespace, name]| Workload { cluster, namespace, name }).collect()
}
