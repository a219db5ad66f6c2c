//! Certificates for servers behind TLS, made by `openssl`.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

/// `authority.pem`, `server.pem` of it, and `stranger.pem`, which is another authority; each with its `.key`.
#[derive(Debug)]
pub struct Certificates(TempDir);

impl Certificates {
    /// Fresh ones in a folder that goes with this value. The server's is for this name, such as `DNS:localhost`.
    #[must_use]
    pub fn of_server(name: &str) -> Self {
        let certificates = Self(tempfile::tempdir().expect("a folder"));
        certificates.make("authority", &[]);
        certificates.make("stranger", &[]);
        let signed = ["-CA", "authority.pem", "-CAkey", "authority.key"];
        let name = format!("subjectAltName={name}");
        let named = ["-addext", &name, "-addext", "basicConstraints=critical,CA:FALSE"];
        certificates.make("server", &[signed, named].concat());
        certificates
    }

    fn make(&self, name: &str, more: &[&str]) {
        let key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", &format!("{name}.key")];
        let made = Command::new("openssl")
            .current_dir(&self.0)
            .args(["req", "-x509", "-days", "2", "-subj", &format!("/CN={name}"), "-out", &format!("{name}.pem")])
            .args(key)
            .args(more)
            .output()
            .expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }

    /// Where one of the files is.
    #[must_use]
    pub fn path(&self, file: &str) -> PathBuf {
        self.0.path().join(file)
    }
}
