-- MySQL dump 10.13  Distrib 8.0.36, for Linux (x86_64)
--
-- Host: localhost    Database: toko_wp
/*!40101 SET NAMES utf8mb4 */;
/*!40103 SET TIME_ZONE='+00:00' */;

DROP TABLE IF EXISTS `wp_options`;
CREATE TABLE `wp_options` (
  `option_id` bigint unsigned NOT NULL AUTO_INCREMENT,
  `option_name` varchar(191) NOT NULL DEFAULT '',
  `option_value` longtext NOT NULL,
  PRIMARY KEY (`option_id`),
  UNIQUE KEY `option_name` (`option_name`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

LOCK TABLES `wp_options` WRITE;
/*!40000 ALTER TABLE `wp_options` DISABLE KEYS */;
INSERT INTO `wp_options` VALUES (1,'siteurl','https://toko.example'),(2,'timezone_string','Asia/Jakarta'),(3,'note','it\'s \"urgent\"; \\ \n),(1,\0\Z''');
/*!40000 ALTER TABLE `wp_options` ENABLE KEYS */;
UNLOCK TABLES;

CREATE TABLE `wp_sejolisa_orders` (
  `ID` bigint NOT NULL,
  `created_at` datetime DEFAULT NULL,
  `updated_at` datetime DEFAULT NULL,
  `deleted_at` datetime DEFAULT '0000-00-00 00:00:00',
  `order_parent_id` int DEFAULT '0',
  `product_id` int NOT NULL,
  `user_id` int NOT NULL,
  `affiliate_id` int NOT NULL,
  `coupon_id` int DEFAULT NULL,
  `payment_gateway` varchar(100) DEFAULT NULL,
  `grand_total` float NOT NULL,
  `quantity` int DEFAULT NULL,
  `type` varchar(30) NOT NULL,
  `status` varchar(100) NOT NULL,
  `meta_data` text,
  PRIMARY KEY (`ID`)
);
INSERT INTO `wp_sejolisa_orders` VALUES (10,'2024-01-31 20:00:00','2024-02-01 09:00:00','0000-00-00 00:00:00',0,7,21,22,NULL,'manual',149000.5,1,'regular','completed','a:1:{s:4:\"note\";s:0:\"\";}');
/*!40111 SET SQL_NOTES=@OLD_SQL_NOTES */;

-- Dump completed on 2025-12-31  0:00:00
