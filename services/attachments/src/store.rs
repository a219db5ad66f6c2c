//! Where the bytes of files are kept: a folder, or an S3 bucket. Which of them count is said by the database alone.

mod s3;

use std::fmt;
use std::fs;
use std::ops::Range;
use std::path::Path as FilePath;
use std::sync::Arc;

use anyhow::Context as _;
use bytes::Bytes;
use futures_util::stream::BoxStream;
use object_store::buffered::BufWriter;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{Error, GetOptions, GetRange, ObjectStore, ObjectStoreExt as _};

use crate::FilesConfig;
use crate::model::FileId;

/// Bytes kept in memory before they are sent: the least that S3 takes as a part. A smaller file is sent in one piece.
const PART_BYTES: usize = 5 * 1024 * 1024;
/// Parts on their way at once, beside the one that fills: an upload holds at most 10 MiB.
const PARTS_IN_FLIGHT: usize = 1;

/// Where the bytes of files are kept.
#[derive(Clone)]
pub(crate) struct Store {
    objects: Arc<dyn ObjectStore>,
    prefix: Path,
    /// The same store, if it is a folder: an upload that broke off leaves a file there that is no object.
    folder: Option<Arc<LocalFileSystem>>,
}

impl fmt::Debug for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Store({}/{})", self.objects, self.prefix)
    }
}

impl Store {
    /// Opens the configured store. An HTTP worker opens its own: its connections are driven by its own runtime.
    pub(crate) fn open(config: &FilesConfig, data_dir: &FilePath) -> anyhow::Result<Self> {
        let url = config.url(data_dir)?;
        match url.scheme() {
            "file" => Self::folder(&url),
            "s3" => {
                let prefix = Path::from_url_path(url.path()).context("files.store_url")?;
                Ok(Self { objects: Arc::new(s3::bucket(&url, &config.s3)?), prefix, folder: None })
            }
            other => anyhow::bail!("files.store_url: `{other}://` is unknown; use `file://` or `s3://`"),
        }
    }

    fn folder(url: &url::Url) -> anyhow::Result<Self> {
        let path = url.to_file_path().map_err(|()| anyhow::anyhow!("files.store_url names no folder"))?;
        fs::create_dir_all(&path).with_context(|| format!("files.store_url: {}", path.display()))?;
        // With fsync: what is acknowledged survives a power cut.
        let folder = Arc::new(LocalFileSystem::new_with_prefix(&path)?.with_fsync(true));
        Ok(Self { objects: Arc::clone(&folder) as Arc<dyn ObjectStore>, prefix: Path::default(), folder: Some(folder) })
    }

    /// Takes the bytes of a new file. They are one object, whole or not at all.
    pub(crate) fn writer(&self, id: FileId) -> BufWriter {
        BufWriter::with_capacity(Arc::clone(&self.objects), self.path(id), PART_BYTES)
            .with_max_concurrency(PARTS_IN_FLIGHT)
    }

    /// Some bytes of a file.
    pub(crate) async fn read(
        &self,
        id: FileId,
        range: Range<u64>,
    ) -> Result<BoxStream<'static, Result<Bytes, Error>>, Error> {
        let options = GetOptions { range: Some(GetRange::Bounded(range)), ..GetOptions::default() };
        Ok(self.objects.get_opts(&self.path(id), options).await?.into_stream())
    }

    /// Removes whatever there is of a file.
    pub(crate) async fn delete(&self, id: FileId) -> Result<(), Error> {
        let path = self.path(id);
        if let Some(folder) = &self.folder {
            // The name under which object_store's folder keeps an upload that is not complete.
            let mut unfinished = folder.path_to_filesystem(&path)?.into_os_string();
            unfinished.push("#1");
            match tokio::fs::remove_file(&unfinished).await {
                Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
                    return Err(Error::Generic { store: "folder", source: Box::new(error) });
                }
                _ => {}
            }
        }
        match self.objects.delete(&path).await {
            Err(Error::NotFound { .. }) => Ok(()),
            other => other,
        }
    }

    /// Spread over 256 folders by the last digits, which are random: the first are the time.
    fn path(&self, id: FileId) -> Path {
        let hex = id.0.simple().to_string();
        self.prefix.clone().join(&hex[30..]).join(hex.as_str())
    }
}
