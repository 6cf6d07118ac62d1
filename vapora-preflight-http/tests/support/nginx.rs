//! A real server: nginx, from Debian's `nginx-light`.

use std::{
    fs,
    io::Write as _,
    net::{SocketAddr, TcpListener, TcpStream},
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use tempfile::TempDir;

/// nginx with one server over a folder of its own; it ends when this is dropped.
pub(crate) struct Nginx {
    process: Child,
    pub(crate) address: SocketAddr,
    folder: TempDir,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Nginx {
    /// Nothing where there is no nginx, which is told. `files` are put into its folder; `listen` follows the address, and
    /// `server` is the rest of its configuration, which can name files of the folder as they are.
    pub(crate) fn start(test: &str, files: &[(&str, &[u8])], listen: &str, server: &str) -> Option<Self> {
        let programs = ["/usr/sbin/nginx", "/usr/bin/nginx", "/usr/local/sbin/nginx"];
        let Some(program) = programs.into_iter().find(|path| fs::exists(path).unwrap_or(false)) else {
            // written past the capture of the test harness, so that it can be counted
            let told = format!("\nskipped: {test}: there is no nginx on this machine\n");
            let _ = std::io::stderr().write_all(told.as_bytes());
            return None;
        };
        let folder = tempfile::tempdir().unwrap();
        for (name, content) in files {
            fs::write(folder.path().join(name), content).unwrap();
        }
        let path = folder.path().display();
        let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
        let config = format!(
            "daemon off;\nmaster_process off;\npid {path}/pid;\nerror_log {path}/error.log;\nevents {{}}\nhttp {{\n\
             access_log {path}/access.log;\nclient_body_temp_path {path}/a;\nproxy_temp_path {path}/b;\n\
             fastcgi_temp_path {path}/c;\nuwsgi_temp_path {path}/d;\nscgi_temp_path {path}/e;\nserver {{\n\
             listen {address} {listen};\nroot {path};\n{server}\n}}\n}}\n"
        );
        fs::write(folder.path().join("nginx.conf"), config).unwrap();
        let process = Command::new(program)
            .args(["-p", &path.to_string(), "-c", "nginx.conf", "-e", "error.log"])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let it = Self { process, address, folder };
        for _ in 0..500 {
            if TcpStream::connect(address).is_ok() {
                return Some(it);
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("nginx does not listen: {}", it.log("error.log"));
    }

    /// Its folder.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// One of its logs.
    pub(crate) fn log(&self, name: &str) -> String {
        fs::read_to_string(self.folder().join(name)).unwrap_or_default()
    }
}
