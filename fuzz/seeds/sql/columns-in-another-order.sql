-- MySQL dump
CREATE TABLE `wp_2_posts` (`ID` int, `post_content` text, `post_title` text, `post_type` varchar(20));
INSERT INTO `wp_2_posts` (`post_type`,`post_title`,`ID`) VALUES ('sejoli-product','Kelas\tEkspor',7),('sejoli-access','',8);
REPLACE INTO `wp_2_posts` VALUES (9,'a','b','page');
INSERT IGNORE INTO `wp_2_postmeta` VALUES (1,7,'_price','149000'),(2,8,'_product_association|||0','7');
-- Dump completed
