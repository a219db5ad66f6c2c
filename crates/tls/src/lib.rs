#![doc = include_str!("../README.md")]

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

/// Encrypts `stream`, if whoever is at its other end shows a certificate for `host` of an authority that the system trusts
/// or that is in the file.
///
/// # Errors
///
/// The file has no certificate, or the other end is not whom it should be.
pub async fn connect<S>(host: &str, ca_file: Option<PathBuf>, stream: S) -> io::Result<TlsStream<S>>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
    // Read at each connection, so that an authority that was renewed needs no restart.
    let config = tokio::task::spawn_blocking(move || trusting(ca_file.as_deref())).await??;
    TlsConnector::from(Arc::new(config)).connect(name, stream).await
}

fn trusting(ca_file: Option<&Path>) -> io::Result<ClientConfig> {
    let mut roots = RootCertStore::empty();
    // Systems carry old certificates that nobody can read; a server that needs one of them is refused by name.
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        let unreadable = |reason: String| io::Error::other(format!("authorities in {}: {reason}", path.display()));
        let before = roots.len();
        for certificate in CertificateDer::pem_file_iter(path).map_err(|error| unreadable(error.to_string()))? {
            let certificate = certificate.map_err(|error| unreadable(error.to_string()))?;
            roots.add(certificate).map_err(|error| unreadable(error.to_string()))?;
        }
        if roots.len() == before {
            return Err(unreadable("no certificate in it".to_owned()));
        }
    }
    if roots.is_empty() {
        return Err(io::Error::other("this system trusts no authority, and the URL names none"));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
    Ok(builder.map_err(io::Error::other)?.with_root_certificates(roots).with_no_client_auth())
}
