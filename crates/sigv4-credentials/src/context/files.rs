//! Files: the shared configuration, token files, the cache of SSO tokens.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use zeroize::Zeroizing;

/// Where files are read and, for refreshed SSO tokens, written.
///
/// Both calls may block for as long as a local disk takes.
pub trait Files: Send + Sync {
    /// The whole file. More than `limit` bytes is an error of kind `FileTooLarge`, found without reading on.
    fn read(&self, path: &Path, limit: usize) -> Result<Vec<u8>>;

    /// Replaces the file in one step, readable by its owner alone.
    fn write(&self, path: &Path, contents: &[u8]) -> Result<()>;
}

/// The files of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemFiles;

impl Files for SystemFiles {
    fn read(&self, path: &Path, limit: usize) -> Result<Vec<u8>> {
        let file = File::open(path)?;
        let expected = file.metadata().map_or(0, |metadata| metadata.len());
        read_whole(file, usize::try_from(expected).unwrap_or(usize::MAX), limit)
    }

    fn write(&self, path: &Path, contents: &[u8]) -> Result<()> {
        let (beside, mut file) = create_beside(path)?;
        let written = file.write_all(contents).and_then(|()| std::fs::rename(&beside, path));
        if written.is_err() {
            let _ = std::fs::remove_file(&beside);
        }
        written
    }
}

/// A new file next to `path`, under a name that nobody else writes to: threads, other processes and what a crash left
/// behind stay out of each other's way.
fn create_beside(path: &Path) -> Result<(PathBuf, File)> {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    for _ in 0..16 {
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}-{number}.new", std::process::id()));
        match options.open(&beside) {
            Ok(file) => return Ok((beside.into(), file)),
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(error),
        }
    }
    Err(ErrorKind::AlreadyExists.into())
}

/// Reads to the end. The file may hold secrets: the buffer has room for what is expected, and is wiped where it must grow.
fn read_whole(mut file: impl Read, expected: usize, limit: usize) -> Result<Vec<u8>> {
    let most = limit.saturating_add(1);
    let mut contents = Zeroizing::new(vec![0; expected.saturating_add(1).clamp(most.min(1024), most)]);
    let mut length = 0;
    loop {
        if length == contents.len() && length < most {
            let mut larger = Zeroizing::new(vec![0; length.saturating_mul(2).min(most)]);
            larger[..length].copy_from_slice(&contents);
            contents = larger;
        }
        match file.read(&mut contents[length..]) {
            Ok(0) => break,
            Ok(count) => length += count,
            Err(error) if error.kind() == ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    contents.truncate(length);
    bounded(std::mem::take(&mut *contents), limit)
}

fn bounded(contents: Vec<u8>, limit: usize) -> Result<Vec<u8>> {
    if contents.len() > limit {
        return Err(Error::new(ErrorKind::FileTooLarge, format!("it is larger than {limit} bytes")));
    }
    Ok(contents)
}

/// Files in memory, or a folder of the machine that stands for the root: for tests and recorded fixtures.
///
/// What is written stays in memory.
#[derive(Clone, Default)]
pub struct Folder {
    root: Option<PathBuf>,
    in_memory: Arc<Mutex<BTreeMap<PathBuf, Vec<u8>>>>,
}

impl std::fmt::Debug for Folder {
    /// Not the files, which may hold secrets.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Folder").field("root", &self.root).finish_non_exhaustive()
    }
}

impl Folder {
    /// No files.
    pub fn empty() -> Self {
        Self::default()
    }

    /// The files below `root`, which stands for `/`.
    pub fn below(root: impl Into<PathBuf>) -> Self {
        Self { root: Some(root.into()), ..Self::default() }
    }

    /// The same with one more file, or another content of it. All clones see it.
    #[must_use]
    pub fn with_file(self, path: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) -> Self {
        self.set(path, contents);
        self
    }

    /// Changes a file for all clones.
    pub fn set(&self, path: impl Into<PathBuf>, contents: impl Into<Vec<u8>>) {
        let mut files = self.in_memory.lock().unwrap_or_else(PoisonError::into_inner);
        files.insert(path.into(), contents.into());
    }

    /// Where a path leads below the root; parts that lead upwards are left out.
    fn on_disk(&self, path: &Path) -> Option<PathBuf> {
        let names = path.components().filter(|part| matches!(part, Component::Normal(_)));
        self.root.as_ref().map(|root| names.fold(root.clone(), |path, part| path.join(part)))
    }
}

impl Files for Folder {
    fn read(&self, path: &Path, limit: usize) -> Result<Vec<u8>> {
        let in_memory = self.in_memory.lock().unwrap_or_else(PoisonError::into_inner).get(path).cloned();
        match (in_memory, self.on_disk(path)) {
            (Some(contents), _) => bounded(contents, limit),
            (None, Some(path)) => SystemFiles.read(&path, limit),
            (None, None) => Err(ErrorKind::NotFound.into()),
        }
    }

    fn write(&self, path: &Path, contents: &[u8]) -> Result<()> {
        self.set(path, contents);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives what it holds three bytes at a time, as a pipe may.
    struct Slow<'b>(&'b [u8]);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> Result<usize> {
            let count = buffer.len().min(self.0.len()).min(3);
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn reads_as_much_as_there_is_and_no_more_than_is_allowed() {
        for length in [0usize, 1, 1023, 1024, 1025, 3000] {
            let bytes: Vec<u8> = (0..length).map(|number| number as u8).collect();
            for expected in [0, 1, length, 5000, usize::MAX] {
                assert_eq!(read_whole(Slow(&bytes), expected, 3000).unwrap(), bytes, "{length} {expected}");
                assert_eq!(read_whole(&bytes[..], expected, length).unwrap(), bytes, "{length} {expected}");
            }
            if length > 0 {
                let error = read_whole(Slow(&bytes), 0, length - 1).unwrap_err();
                assert_eq!(error.kind(), ErrorKind::FileTooLarge);
            }
        }
        assert!(read_whole(std::io::repeat(1), 0, 5000).is_err(), "a file without an end");
    }

    #[test]
    fn writers_at_the_same_time_leave_one_whole_file() {
        let folder = std::env::temp_dir().join(format!("sigv4-files-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("token");
        std::thread::scope(|threads| {
            for byte in b'a'..=b'h' {
                let path = &path;
                threads.spawn(move || {
                    for _ in 0..50 {
                        SystemFiles.write(path, &[byte; 3000]).unwrap();
                    }
                });
            }
        });
        let kept = SystemFiles.read(&path, 3000).unwrap();
        assert!(kept.len() == 3000 && kept.iter().all(|byte| *byte == kept[0]));
        assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 1, "something is left behind");
        std::fs::remove_dir_all(folder).unwrap();
    }
}
