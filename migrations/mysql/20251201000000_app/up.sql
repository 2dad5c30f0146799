-- Why: staging and the embedded default begin with an empty database. These are the app's own tables,
-- as Prisma emits them for the part of its schema that a migration touches. They are made only where
-- none of them exists; a database that Prisma made never sees this file.

-- CreateTable
CREATE TABLE `User` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `email` VARCHAR(191) NOT NULL,
    `username` VARCHAR(191),
    `name` VARCHAR(191) NOT NULL,
    `password` VARCHAR(191),
    `role` ENUM('ADMIN', 'MENTOR', 'AFFILIATE', 'MEMBER_PREMIUM', 'MEMBER_FREE') NOT NULL DEFAULT 'MEMBER_FREE',
    `phone` VARCHAR(191),
    `whatsapp` VARCHAR(191),
    `emailVerified` BOOLEAN NOT NULL DEFAULT false,
    `isActive` BOOLEAN NOT NULL DEFAULT true,
    `isSuspended` BOOLEAN NOT NULL DEFAULT false,
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    `updatedAt` DATETIME(3) NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `UserRole` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `userId` VARCHAR(191) NOT NULL,
    `role` ENUM('ADMIN', 'MENTOR', 'AFFILIATE', 'MEMBER_PREMIUM', 'MEMBER_FREE') NOT NULL,
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    CONSTRAINT `UserRole_userId_fkey` FOREIGN KEY (`userId`) REFERENCES `User` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `AffiliateProfile` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `userId` VARCHAR(191) NOT NULL,
    `affiliateCode` VARCHAR(191) NOT NULL,
    `shortLink` VARCHAR(191) NOT NULL,
    `shortLinkUsername` VARCHAR(191),
    `tier` INTEGER NOT NULL DEFAULT 1,
    `commissionRate` DECIMAL(65, 30) NOT NULL DEFAULT 10,
    `totalClicks` INTEGER NOT NULL DEFAULT 0,
    `totalConversions` INTEGER NOT NULL DEFAULT 0,
    `totalSales` DECIMAL(65, 30) NOT NULL DEFAULT 0,
    `totalEarnings` DECIMAL(65, 30) NOT NULL DEFAULT 0,
    `isActive` BOOLEAN NOT NULL DEFAULT true,
    `applicationStatus` VARCHAR(191) NOT NULL DEFAULT 'PENDING',
    `whatsapp` VARCHAR(191),
    `approvedAt` DATETIME(3),
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    `updatedAt` DATETIME(3) NOT NULL,
    CONSTRAINT `AffiliateProfile_userId_fkey` FOREIGN KEY (`userId`) REFERENCES `User` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `Membership` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `name` VARCHAR(191) NOT NULL,
    `slug` VARCHAR(191),
    `description` VARCHAR(191) NOT NULL,
    `duration` ENUM('ONE_MONTH', 'THREE_MONTHS', 'SIX_MONTHS', 'TWELVE_MONTHS', 'LIFETIME') NOT NULL,
    `price` DECIMAL(65, 30) NOT NULL,
    `commissionType` ENUM('PERCENTAGE', 'FLAT') NOT NULL DEFAULT 'PERCENTAGE',
    `affiliateCommissionRate` DECIMAL(65, 30) NOT NULL DEFAULT 30,
    `features` JSON NOT NULL,
    `isActive` BOOLEAN NOT NULL DEFAULT true,
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    `updatedAt` DATETIME(3) NOT NULL
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `Product` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `creatorId` VARCHAR(191) NOT NULL,
    `name` VARCHAR(191) NOT NULL,
    `slug` VARCHAR(191),
    `description` VARCHAR(191) NOT NULL,
    `price` DECIMAL(65, 30) NOT NULL,
    `commissionType` ENUM('PERCENTAGE', 'FLAT') NOT NULL DEFAULT 'PERCENTAGE',
    `affiliateCommissionRate` DECIMAL(65, 30) NOT NULL DEFAULT 30,
    `isActive` BOOLEAN NOT NULL DEFAULT true,
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    `updatedAt` DATETIME(3) NOT NULL,
    CONSTRAINT `Product_creatorId_fkey` FOREIGN KEY (`creatorId`) REFERENCES `User` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `Transaction` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `userId` VARCHAR(191) NOT NULL,
    `type` ENUM('MEMBERSHIP', 'PRODUCT', 'COURSE', 'EVENT', 'COMMISSION', 'PAYOUT', 'SUPPLIER_MEMBERSHIP') NOT NULL,
    `status` ENUM('PENDING', 'PENDING_CONFIRMATION', 'SUCCESS', 'FAILED', 'REFUNDED') NOT NULL DEFAULT 'PENDING',
    `amount` DECIMAL(65, 30) NOT NULL,
    `customerName` VARCHAR(191),
    `customerEmail` VARCHAR(191),
    `customerPhone` VARCHAR(191),
    `customerWhatsapp` VARCHAR(191),
    `productId` VARCHAR(191),
    `description` VARCHAR(191),
    `reference` VARCHAR(191),
    `originalAmount` DECIMAL(65, 30),
    `notes` VARCHAR(191),
    `paymentMethod` VARCHAR(191),
    `paymentProvider` VARCHAR(191),
    `externalId` VARCHAR(191),
    `affiliateShare` DECIMAL(65, 30),
    `affiliateId` VARCHAR(191),
    `metadata` JSON,
    `paidAt` DATETIME(3),
    `expiredAt` DATETIME(3),
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    `updatedAt` DATETIME(3) NOT NULL,
    `invoiceNumber` VARCHAR(191),
    CONSTRAINT `Transaction_productId_fkey` FOREIGN KEY (`productId`) REFERENCES `Product` (`id`) ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT `Transaction_userId_fkey` FOREIGN KEY (`userId`) REFERENCES `User` (`id`) ON DELETE RESTRICT ON UPDATE CASCADE
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `UserMembership` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `userId` VARCHAR(191) NOT NULL,
    `membershipId` VARCHAR(191) NOT NULL,
    `startDate` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    `endDate` DATETIME(3) NOT NULL,
    `isActive` BOOLEAN NOT NULL DEFAULT true,
    `autoRenew` BOOLEAN NOT NULL DEFAULT false,
    `status` VARCHAR(191) NOT NULL DEFAULT 'PENDING',
    `activatedAt` DATETIME(3),
    `price` DECIMAL(65, 30),
    `transactionId` VARCHAR(191),
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    `updatedAt` DATETIME(3) NOT NULL,
    CONSTRAINT `UserMembership_transactionId_fkey` FOREIGN KEY (`transactionId`) REFERENCES `Transaction` (`id`) ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT `UserMembership_membershipId_fkey` FOREIGN KEY (`membershipId`) REFERENCES `Membership` (`id`) ON DELETE RESTRICT ON UPDATE CASCADE,
    CONSTRAINT `UserMembership_userId_fkey` FOREIGN KEY (`userId`) REFERENCES `User` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `UserProduct` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `userId` VARCHAR(191) NOT NULL,
    `productId` VARCHAR(191) NOT NULL,
    `purchaseDate` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    `expiresAt` DATETIME(3),
    `isActive` BOOLEAN NOT NULL DEFAULT true,
    `price` DECIMAL(65, 30) NOT NULL,
    `transactionId` VARCHAR(191),
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    `updatedAt` DATETIME(3) NOT NULL,
    CONSTRAINT `UserProduct_transactionId_fkey` FOREIGN KEY (`transactionId`) REFERENCES `Transaction` (`id`) ON DELETE SET NULL ON UPDATE CASCADE,
    CONSTRAINT `UserProduct_productId_fkey` FOREIGN KEY (`productId`) REFERENCES `Product` (`id`) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT `UserProduct_userId_fkey` FOREIGN KEY (`userId`) REFERENCES `User` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `AffiliateConversion` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `affiliateId` VARCHAR(191) NOT NULL,
    `transactionId` VARCHAR(191) NOT NULL,
    `commissionAmount` DECIMAL(65, 30) NOT NULL,
    `commissionRate` DECIMAL(65, 30) NOT NULL,
    `paidOut` BOOLEAN NOT NULL DEFAULT false,
    `paidOutAt` DATETIME(3),
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    CONSTRAINT `AffiliateConversion_transactionId_fkey` FOREIGN KEY (`transactionId`) REFERENCES `Transaction` (`id`) ON DELETE CASCADE ON UPDATE CASCADE,
    CONSTRAINT `AffiliateConversion_affiliateId_fkey` FOREIGN KEY (`affiliateId`) REFERENCES `AffiliateProfile` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `Wallet` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `userId` VARCHAR(191) NOT NULL,
    `balance` DECIMAL(65, 30) NOT NULL DEFAULT 0,
    `balancePending` DECIMAL(65, 30) NOT NULL DEFAULT 0,
    `totalEarnings` DECIMAL(65, 30) NOT NULL DEFAULT 0,
    `totalPayout` DECIMAL(65, 30) NOT NULL DEFAULT 0,
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    `updatedAt` DATETIME(3) NOT NULL,
    CONSTRAINT `Wallet_userId_fkey` FOREIGN KEY (`userId`) REFERENCES `User` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateTable
CREATE TABLE `WalletTransaction` (
    `id` VARCHAR(191) NOT NULL PRIMARY KEY,
    `walletId` VARCHAR(191) NOT NULL,
    `amount` DECIMAL(65, 30) NOT NULL,
    `type` VARCHAR(191) NOT NULL,
    `description` VARCHAR(191) NOT NULL,
    `reference` VARCHAR(191),
    `createdAt` DATETIME(3) NOT NULL DEFAULT CURRENT_TIMESTAMP(3),
    CONSTRAINT `WalletTransaction_walletId_fkey` FOREIGN KEY (`walletId`) REFERENCES `Wallet` (`id`) ON DELETE CASCADE ON UPDATE CASCADE
) DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_unicode_ci;

-- CreateIndex
CREATE UNIQUE INDEX `User_email_key` ON `User`(`email`);

-- CreateIndex
CREATE UNIQUE INDEX `User_username_key` ON `User`(`username`);

-- CreateIndex
CREATE INDEX `User_email_idx` ON `User`(`email`);

-- CreateIndex
CREATE INDEX `User_role_idx` ON `User`(`role`);

-- CreateIndex
CREATE INDEX `UserRole_userId_idx` ON `UserRole`(`userId`);

-- CreateIndex
CREATE UNIQUE INDEX `UserRole_userId_role_key` ON `UserRole`(`userId`, `role`);

-- CreateIndex
CREATE UNIQUE INDEX `AffiliateProfile_userId_key` ON `AffiliateProfile`(`userId`);

-- CreateIndex
CREATE UNIQUE INDEX `AffiliateProfile_affiliateCode_key` ON `AffiliateProfile`(`affiliateCode`);

-- CreateIndex
CREATE UNIQUE INDEX `AffiliateProfile_shortLink_key` ON `AffiliateProfile`(`shortLink`);

-- CreateIndex
CREATE UNIQUE INDEX `AffiliateProfile_shortLinkUsername_key` ON `AffiliateProfile`(`shortLinkUsername`);

-- CreateIndex
CREATE INDEX `AffiliateProfile_affiliateCode_idx` ON `AffiliateProfile`(`affiliateCode`);

-- CreateIndex
CREATE INDEX `AffiliateProfile_userId_idx` ON `AffiliateProfile`(`userId`);

-- CreateIndex
CREATE UNIQUE INDEX `Membership_slug_key` ON `Membership`(`slug`);

-- CreateIndex
CREATE UNIQUE INDEX `Product_slug_key` ON `Product`(`slug`);

-- CreateIndex
CREATE UNIQUE INDEX `Transaction_externalId_key` ON `Transaction`(`externalId`);

-- CreateIndex
CREATE UNIQUE INDEX `Transaction_invoiceNumber_key` ON `Transaction`(`invoiceNumber`);

-- CreateIndex
CREATE INDEX `Transaction_userId_idx` ON `Transaction`(`userId`);

-- CreateIndex
CREATE INDEX `Transaction_status_idx` ON `Transaction`(`status`);

-- CreateIndex
CREATE INDEX `Transaction_type_idx` ON `Transaction`(`type`);

-- CreateIndex
CREATE INDEX `Transaction_createdAt_idx` ON `Transaction`(`createdAt`);

-- CreateIndex
CREATE UNIQUE INDEX `UserMembership_transactionId_key` ON `UserMembership`(`transactionId`);

-- CreateIndex
CREATE INDEX `UserMembership_userId_idx` ON `UserMembership`(`userId`);

-- CreateIndex
CREATE INDEX `UserMembership_membershipId_idx` ON `UserMembership`(`membershipId`);

-- CreateIndex
CREATE INDEX `UserMembership_endDate_idx` ON `UserMembership`(`endDate`);

-- CreateIndex
CREATE INDEX `UserMembership_status_idx` ON `UserMembership`(`status`);

-- CreateIndex
CREATE UNIQUE INDEX `UserMembership_userId_membershipId_key` ON `UserMembership`(`userId`, `membershipId`);

-- CreateIndex
CREATE UNIQUE INDEX `UserProduct_transactionId_key` ON `UserProduct`(`transactionId`);

-- CreateIndex
CREATE INDEX `UserProduct_userId_idx` ON `UserProduct`(`userId`);

-- CreateIndex
CREATE INDEX `UserProduct_productId_idx` ON `UserProduct`(`productId`);

-- CreateIndex
CREATE UNIQUE INDEX `UserProduct_userId_productId_key` ON `UserProduct`(`userId`, `productId`);

-- CreateIndex
CREATE UNIQUE INDEX `AffiliateConversion_transactionId_key` ON `AffiliateConversion`(`transactionId`);

-- CreateIndex
CREATE INDEX `AffiliateConversion_affiliateId_idx` ON `AffiliateConversion`(`affiliateId`);

-- CreateIndex
CREATE INDEX `AffiliateConversion_transactionId_idx` ON `AffiliateConversion`(`transactionId`);

-- CreateIndex
CREATE UNIQUE INDEX `Wallet_userId_key` ON `Wallet`(`userId`);

-- CreateIndex
CREATE INDEX `Wallet_userId_idx` ON `Wallet`(`userId`);

-- CreateIndex
CREATE INDEX `WalletTransaction_walletId_idx` ON `WalletTransaction`(`walletId`);

-- CreateIndex
CREATE INDEX `WalletTransaction_createdAt_idx` ON `WalletTransaction`(`createdAt`);
