//! The dump of a large shop's WordPress database.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use flate2::Compression;
use flate2::write::GzEncoder;

use crate::Result;

/// Writes the dump of a shop with so many orders: a buyer for every second order, an affiliate for most of them.
pub fn write_dump(path: &Path, orders: u64) -> Result<()> {
    let mut dump = Dump { file: GzEncoder::new(BufWriter::new(File::create(path)?), Compression::new(6)) };
    dump.text("-- MariaDB dump 10.19\n/*!40101 SET NAMES utf8mb4 */;\n")?;
    dump.table("options", "option_id bigint,option_name varchar(191),option_value longtext", 4, |id| {
        let (name, value) = [
            ("siteurl", "https://toko.example"),
            ("timezone_string", "Asia/Jakarta"),
            ("gmt_offset", "7"),
            ("_sejoli_currency_type", "IDR"),
        ][id as usize - 1];
        format!("{id},'{name}','{value}'")
    })?;
    dump.table(
        "postmeta",
        "meta_id bigint,post_id bigint,meta_key varchar(255),meta_value longtext",
        20,
        |id| format!("{id},{},'_price','899000'", 100 + id),
    )?;
    dump.table("posts", "ID bigint,post_title text,post_type varchar(20)", 20, |id| {
        format!("{id},'Kelas Ekspor &amp; Impor {id}','sejoli-product'", id = 100 + id)
    })?;
    let stamps = "created_at datetime,updated_at datetime,deleted_at datetime";
    let columns = format!(
        "ID int,{stamps},order_id int,affiliate_id int,product_id int,tier int,commission double(12,2),status varchar(100),paid_status tinyint"
    );
    dump.table("sejolisa_affiliates", &columns, orders * 6 / 10, |id| {
        let order = (id * 10).div_ceil(6);
        let never = "0000-00-00 00:00:00";
        format!(
            "{id},'{}','{}','{never}',{order},{},{},1,269700.00,'added',{}",
            time(order),
            time(order + 50),
            1 + order % 100,
            101 + order % 20,
            order % 2
        )
    })?;
    dump.table("sejolisa_coupons", "ID int,user_id int,coupon_parent_id int,code varchar(255)", 3, |id| {
        format!("{id},0,0,'HEMAT{id}'")
    })?;
    let columns = format!(
        "ID int,{stamps},order_parent_id int,product_id int,user_id int,affiliate_id int,coupon_id int,payment_gateway varchar(255),grand_total double(12,2),quantity int,type varchar(100),status varchar(100),meta_data text"
    );
    dump.table("sejolisa_orders", &columns, orders, order)?;
    let columns = format!(
        "ID int,{stamps},order_id int,order_parent_id int,user_id int,product_id int,type varchar(100),end_date datetime,status varchar(100)"
    );
    dump.table("sejolisa_subscriptions", &columns, orders / 2, |id| {
        let (order, never) = (id * 2, "0000-00-00 00:00:00");
        format!(
            "{id},'{}','{never}','{never}',{order},0,{},{},'regular','{}','active'",
            time(order),
            200 + order / 2,
            101 + order % 20,
            time(order + 1_000_000)
        )
    })?;
    let columns = "umeta_id bigint,user_id bigint,meta_key varchar(255),meta_value longtext";
    dump.table("usermeta", columns, orders * 2, |id| {
        let user = 200 + id / 4;
        match id % 4 {
            0 => format!("{id},{user},'nickname','pembeli{user}'"),
            1 => format!("{id},{user},'wp_capabilities','a:1:{{s:13:\\\"sejoli-member\\\";b:1;}}'"),
            2 => format!("{id},{user},'_phone','0812-{:04}-{:04}'", user / 10_000 % 10_000, user % 10_000),
            _ => format!("{id},{user},'wp_user_level','0'"),
        }
    })?;
    let columns = "ID bigint,user_login varchar(60),user_pass varchar(255),user_email varchar(100),user_registered datetime,display_name varchar(250)";
    dump.table("users", columns, orders / 2 + 200, |id| {
        format!("{id},'pembeli{id}','hash','pembeli{id}@example.com','{}','Pembeli ke-{id}'", time(id * 2))
    })?;
    dump.text("-- Dump completed\n")?;
    dump.file.finish()?.flush()?;
    Ok(())
}

/// One of the last years' minutes.
fn time(at: u64) -> String {
    let day = at / 997;
    format!(
        "20{:02}-{:02}-{:02} {:02}:{:02}:{:02}",
        21 + day / 336 % 60,
        1 + day / 28 % 12,
        1 + day % 28,
        at % 24,
        at % 60,
        at % 59
    )
}

fn order(id: u64) -> String {
    let status =
        ["completed", "completed", "on-hold", "cancelled", "completed", "refunded"][(id % 6) as usize];
    let entry = |key: u64, from: &str, to: &str| {
        format!(
            "i:{key};a:5:{{s:8:\\\"order_id\\\";i:{id};s:11:\\\"update_date\\\";s:19:\\\"21-11-2024 02:29:33\\\";s:10:\\\"old_status\\\";s:{}:\\\"{from}\\\";s:10:\\\"new_status\\\";s:{}:\\\"{to}\\\";s:10:\\\"updated_by\\\";s:10:\\\"Siti ✨ B\\\";}}",
            from.len(),
            to.len()
        )
    };
    let blank: String = ["order_id", "update_date", "old_status", "new_status", "updated_by"]
        .iter()
        .map(|key| format!("s:{}:\\\"{key}\\\";s:0:\\\"\\\";", key.len()))
        .collect();
    let meta = format!(
        "a:5:{{s:6:\\\"manual\\\";a:2:{{s:11:\\\"unique_code\\\";i:{};s:11:\\\"bank-chosen\\\";s:9:\\\"mandiri-1\\\";}}s:12:\\\"markup_price\\\";N;s:10:\\\"status_log\\\";a:7:{{{blank}{}{}}}s:6:\\\"coupon\\\";a:3:{{s:6:\\\"coupon\\\";N;s:8:\\\"discount\\\";d:0;s:13:\\\"free_shipping\\\";b:0;}}s:4:\\\"note\\\";s:21:\\\"Baris 1\\nBaris 2, it\\'s\\\";}}",
        id % 999,
        entry(id * 7919 % 2_000_000_000, "on-hold", "payment-confirm"),
        entry(id * 104_729 % 2_000_000_000, "payment-confirm", status),
    );
    format!(
        "{id},'{}','{}','0000-00-00 00:00:00',0,{},{},{},0,'manual',{}.00,1,'{}','{status}','{meta}'",
        time(id),
        time(id + 50),
        101 + id % 20,
        200 + id / 2,
        1 + id % 100,
        899_000 + id % 999,
        if id.is_multiple_of(2) { "subscription-regular" } else { "regular" },
    )
}

struct Dump {
    file: GzEncoder<BufWriter<File>>,
}

impl Dump {
    fn text(&mut self, text: &str) -> Result<()> {
        Ok(self.file.write_all(text.as_bytes())?)
    }

    /// Writes a table with rows 1 to `rows`, in statements of about a megabyte.
    fn table(&mut self, name: &str, columns: &str, rows: u64, row: impl Fn(u64) -> String) -> Result<()> {
        let declared = columns.replace(",2)", ";2)");
        let declared: Vec<String> = declared
            .split(',')
            .filter_map(|column| column.split_once(' '))
            .map(|(name, kind)| format!("  `{name}` {}", kind.replace(';', ",")))
            .collect();
        let key = columns.split(' ').next().unwrap_or_default();
        self.text(&format!(
            "DROP TABLE IF EXISTS `wp_{name}`;\nCREATE TABLE `wp_{name}` (\n{},\n  PRIMARY KEY (`{key}`)\n) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;\n",
            declared.join(",\n")
        ))?;
        let mut statement = String::new();
        for id in 1..=rows {
            statement.push_str(if statement.is_empty() { "INSERT INTO `wp_" } else { "" });
            if statement.ends_with("`wp_") {
                statement.push_str(&format!("{name}` VALUES ("));
            } else {
                statement.push_str(",(");
            }
            statement.push_str(&row(id));
            statement.push(')');
            if statement.len() > 1 << 20 || id == rows {
                statement.push_str(";\n");
                self.text(&statement)?;
                statement.clear();
            }
        }
        Ok(())
    }
}
