//! Files: the shared configuration, token files, the cache of SSO tokens.

use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Result, Write};
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

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
        let mut contents = Vec::new();
        let room = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
        File::open(path)?.take(room).read_to_end(&mut contents)?;
        bounded(contents, limit)
    }

    fn write(&self, path: &Path, contents: &[u8]) -> Result<()> {
        let mut beside = path.as_os_str().to_owned();
        beside.push(format!(".{}.new", std::process::id()));
        let beside = PathBuf::from(beside);
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let written = options
            .open(&beside)
            .and_then(|mut file| file.write_all(contents))
            .and_then(|()| std::fs::rename(&beside, path));
        if written.is_err() {
            // What is left of a failed attempt would stand in the way of the next one.
            let _ = std::fs::remove_file(&beside);
        }
        written
    }
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
#[derive(Debug, Clone, Default)]
pub struct Folder {
    root: Option<PathBuf>,
    in_memory: Arc<Mutex<BTreeMap<PathBuf, Vec<u8>>>>,
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
