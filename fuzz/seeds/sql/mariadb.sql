/*M!999999\- enable the sandbox mode */ 
-- MariaDB dump 10.19-11.4.2-MariaDB
/*!40101 SET NAMES utf8mb4 */;
/*M!100616 SET @OLD_NOTE_VERBOSITY=@@NOTE_VERBOSITY, NOTE_VERBOSITY=0 */;

CREATE TABLE `wp_sejolisa_affiliates` (
  `ID` bigint(20) NOT NULL AUTO_INCREMENT,
  `created_at` datetime DEFAULT NULL,
  `updated_at` datetime DEFAULT NULL,
  `deleted_at` datetime DEFAULT NULL,
  `order_id` int(11) NOT NULL,
  `affiliate_id` int(11) NOT NULL,
  `product_id` int(11) NOT NULL,
  `tier` tinyint(4) NOT NULL,
  `commission` float NOT NULL,
  `status` varchar(20) NOT NULL,
  `paid_status` tinyint(1) NOT NULL DEFAULT 0,
  PRIMARY KEY (`ID`)
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4 COLLATE=utf8mb4_unicode_520_ci;

set autocommit=0;
INSERT INTO `wp_sejolisa_affiliates` VALUES
(1,'2024-02-01 09:00:00','2024-02-01 09:00:00',NULL,10,22,7,1,44700,'added',1),
(2,'2024-02-01 09:00:00','2024-02-01 09:00:00',NULL,10,23,7,2,7450.25,'pending',0);
UNLOCK TABLES;
commit;

CREATE TABLE `wp_usermeta` (`umeta_id` bigint(20), `user_id` bigint(20), `meta_key` varchar(255), `meta_value` longtext);
INSERT INTO `wp_usermeta` VALUES (1,22,'_phone','0812-0000-0022'),(2,22,'_bank_info',_binary 'a:0:{}'),(3,22,'_affiliate_id',0x3233);
-- Dump completed
