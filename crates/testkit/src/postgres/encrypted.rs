//! A throw-away cluster that speaks TLS by itself, as a server of RDS does.
//!
//! The programs that come with the Python requirements are built without TLS, so it takes those of Debian.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use super::binaries::Binaries;
use super::cluster::{Cluster, Options, initialise};
use crate::error::{Error, Result};
use crate::tls::Identity;

impl Cluster {
    /// Makes and starts a cluster that has this identity and asks for a password. None where Debian's PostgreSQL is not installed.
    ///
    /// # Errors
    /// When the server does not come up.
    pub fn with_tls(identity: &Identity, password: &str) -> Result<Option<Self>> {
        let Some(binaries) = Binaries::of_debian()? else {
            return Ok(None);
        };
        let options = Options {
            password: Some(password.to_owned()),
            settings: vec![("ssl".to_owned(), "on".to_owned())],
            ..Options::default()
        };
        let cluster = Self::make_by(binaries, options, |binaries, scratch| {
            initialise(binaries, scratch, Some(password))?;
            // Where the server looks for them unless told otherwise. It takes no key that others can read.
            for (name, text) in [("server.crt", &identity.certificate), ("server.key", &identity.key)] {
                let file = scratch.join("data").join(name);
                fs::write(&file, text).map_err(Error::at(&file))?;
                fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).map_err(Error::at(&file))?;
                binaries.give(&file)?;
            }
            Ok(())
        })?;
        Ok(Some(cluster))
    }
}
