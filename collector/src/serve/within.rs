//! Whether a folder lies in one that is somebody's, a data folder or a backup: what is put there is taken for a part of it, and goes where it
//! goes. Makes and reads nothing.

use std::path::Path;

use crate::backup;

/// The folder nearest above this one that is somebody's, and what it is. Of the path without links, whether it is there or not.
pub(super) fn within(place: &Path) -> Option<(&Path, &'static str)> {
    place.ancestors().skip(1).find_map(|above| Some((above, backup::kind(|name| above.join(name).exists())?)))
}
