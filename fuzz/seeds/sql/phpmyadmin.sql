-- phpMyAdmin SQL Dump
-- version 5.2.1

SET SQL_MODE = "NO_AUTO_VALUE_ON_ZERO";
START TRANSACTION;
SET time_zone = "+00:00";
/*!40101 SET NAMES utf8mb4 */;

DELIMITER $$
CREATE PROCEDURE `p` () BEGIN SELECT 'a;b' ; END$$
DELIMITER ;

CREATE TABLE `wp_users` (
  `ID` bigint(20) UNSIGNED NOT NULL,
  `user_login` varchar(60) NOT NULL DEFAULT '',
  `user_pass` varchar(255) NOT NULL DEFAULT '',
  `user_email` varchar(100) NOT NULL DEFAULT '',
  `user_registered` datetime NOT NULL DEFAULT '0000-00-00 00:00:00',
  `display_name` varchar(250) NOT NULL DEFAULT ''
) ENGINE=InnoDB DEFAULT CHARSET=utf8mb4;

INSERT INTO `wp_users` (`ID`, `user_login`, `user_pass`, `user_email`, `user_registered`, `display_name`) VALUES
(22, 'siti', 'x', 'siti@example.org', '2023-01-01 00:00:00', 'Siti ✨'),
(23, 'budi', '', 'budi@example.org', '2023-01-02 00:00:00', 'Budi; -- no comment');

-- Indexes for dumped tables
ALTER TABLE `wp_users`
  ADD PRIMARY KEY (`ID`);
COMMIT;

/*!40101 SET CHARACTER_SET_CLIENT=@OLD_CHARACTER_SET_CLIENT */;
