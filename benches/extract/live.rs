//! The shop on a server, in a database of the bench's own.

use std::path::Path;
use std::process::{Command, Stdio};

use url::Url;

use crate::Result;

/// The cells that `extract` asks for, in statements of the tool's own form but without its pages.
const READ: &str = "\
SELECT ID, created_at, updated_at, deleted_at, order_parent_id, product_id, user_id, affiliate_id, coupon_id, payment_gateway, \
grand_total, quantity, type, status, meta_data FROM wp_sejolisa_orders ORDER BY ID;
SELECT ID, created_at, updated_at, deleted_at, order_id, affiliate_id, product_id, tier, commission, status, paid_status \
FROM wp_sejolisa_affiliates ORDER BY ID;
SELECT ID, created_at, updated_at, deleted_at, order_id, user_id, product_id, end_date, status \
FROM wp_sejolisa_subscriptions ORDER BY ID;
SELECT ID, user_id, coupon_parent_id, code FROM wp_sejolisa_coupons ORDER BY ID;
SELECT ID, user_email, user_registered, display_name FROM wp_users ORDER BY ID;
SELECT umeta_id, user_id, meta_key, meta_value FROM wp_usermeta \
WHERE meta_key IN ('_phone', '_bank_info', '_affiliate_id') ORDER BY umeta_id;
";

/// Statements by which a load does no work that nobody needs here.
const LOADING: &str = "SET SESSION sql_mode = '', unique_checks = 0, foreign_key_checks = 0";

/// A database that goes with the value.
pub struct LiveShop {
    pub url: String,
    name: String,
    server: Url,
}

impl LiveShop {
    /// Loads a dump.
    pub fn load(dump: &Path) -> Result<Self> {
        let usual = "mysql://root@127.0.0.1:3306/mysql".to_owned();
        let server = Url::parse(&std::env::var("SEJOLI_TEST_MYSQL").unwrap_or(usual))?;
        let name = format!("sejoli_bench_wordpress_{}", std::process::id());
        let mut url = server.clone();
        url.set_path(&name);
        let shop = Self { url: url.to_string(), name, server };
        shop.admin("CREATE DATABASE")?;
        let mut gzip = Command::new("gzip").arg("-dc").arg(dump).stdout(Stdio::piped()).spawn()?;
        let mut load = shop.client(&shop.name);
        load.arg(format!("--init-command={LOADING}"));
        load.stdin(gzip.stdout.take().map_or_else(Stdio::null, Stdio::from));
        succeed(load)?;
        if !gzip.wait()?.success() {
            return Err("gzip has failed".into());
        }
        Ok(shop)
    }

    /// Reads the same cells by the server's own client, row by row as they come.
    pub fn read_by_client(&self) -> Result<()> {
        let mut client = self.client(&self.name);
        client.args(["--batch", "--quick", "--raw", "-e", READ]);
        succeed(client)
    }

    fn admin(&self, statement: &str) -> Result<()> {
        let mut client = self.client("mysql");
        client.args(["-e", &format!("{statement} {}", self.name)]);
        succeed(client)
    }

    fn client(&self, database: &str) -> Command {
        let mut command = Command::new("mariadb");
        command.args(["-h", self.server.host_str().unwrap_or("127.0.0.1"), "-u", self.server.username()]);
        command.args(["-P", &self.server.port().unwrap_or(3306).to_string()]);
        command.env("MYSQL_PWD", self.server.password().unwrap_or_default());
        command.arg(database);
        command
    }
}

impl Drop for LiveShop {
    fn drop(&mut self) {
        let _ = self.admin("DROP DATABASE IF EXISTS");
    }
}

fn succeed(mut command: Command) -> Result<()> {
    let status = command.stdout(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(format!("{command:?} ended with {status}").into()) }
}
