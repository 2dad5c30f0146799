// What the app's team and its people do, by Prisma's own client. Usage: node seed.mjs DATABASE_URL PASTED_FILE FOLDER STEP
//   links     groups, courses and products are made and linked to the plans
//   lives     affiliates ask for money, the app sells, people are suspended, lose roles, get a second membership
import { clientOf } from './generate.mjs';

const [url, pasted, folder, step] = process.argv.slice(2);
const { prisma } = clientOf(url, pasted, folder);
const at = new Date('2025-12-30T10:00:00Z');

async function links() {
  await prisma.user.create({ data: { id: 'app-admin', email: 'admin@example.org', name: 'Admin', role: 'ADMIN' } });
  const product = { creatorId: 'app-admin', name: 'Bonus', slug: 'bonus', description: '', price: 0 };
  await prisma.product.create({ data: { id: 'bonus', ...product } });
  for (const [id, isActive] of [['all', true], ['life', true], ['old', false]]) {
    await prisma.group.create({ data: { id, name: id, ownerId: 'app-admin', isActive } });
  }
  for (const [id, status, membershipIncluded] of [
    ['start', 'PUBLISHED', false],
    ['draft', 'DRAFT', false],
    ['gift', 'APPROVED', true],
  ]) {
    await prisma.course.create({ data: { id, title: id, status, membershipIncluded } });
  }
  for (const { id: membershipId, duration } of await prisma.membership.findMany()) {
    for (const groupId of ['all', 'old']) await prisma.membershipGroup.create({ data: { membershipId, groupId } });
    for (const courseId of ['start', 'draft']) await prisma.membershipCourse.create({ data: { membershipId, courseId } });
    if (duration !== 'LIFETIME') continue;
    await prisma.membershipGroup.create({ data: { membershipId, groupId: 'life' } });
    await prisma.membershipProduct.create({ data: { membershipId, productId: 'bonus' } });
  }
}

async function lives() {
  const [one, other] = await prisma.wallet.findMany({ where: { balance: { gt: 0 } }, orderBy: { id: 'asc' }, take: 2 });
  for (const [walletId, amount, status] of [
    [one.id, 10000, 'PENDING'],
    [one.id, '2500.50', 'APPROVED'],
    [one.id, 7000, 'PAID'],
    [other.id, 5000, 'REJECTED'],
  ]) {
    await prisma.payout.create({ data: { walletId, amount, status } });
  }
  const seller = await prisma.affiliateProfile.findFirst({ where: { userId: other.userId } });
  const members = await prisma.userMembership.findMany({ where: { status: 'ACTIVE' }, orderBy: { id: 'asc' }, take: 4 });
  const sale = { userId: members[0].userId, type: 'MEMBERSHIP', status: 'SUCCESS', amount: '150000.25', createdAt: at };
  const order = await prisma.transaction.create({ data: { ...sale, affiliateId: other.userId, invoiceNumber: 'INV90001' } });
  const conversion = { affiliateId: seller.id, commissionAmount: '45000.75', commissionRate: 30 };
  await prisma.affiliateConversion.create({ data: { ...conversion, transactionId: order.id } });
  const entry = { walletId: other.id, amount: '45000.75', type: 'COMMISSION', description: 'Sale' };
  await prisma.walletTransaction.create({ data: entry });
  await prisma.wallet.update({
    where: { id: other.id },
    data: { balance: { increment: '45000.75' }, totalEarnings: { increment: '45000.75' } },
  });
  const user = (member, data) => prisma.user.update({ where: { id: member.userId }, data });
  await user(members[0], { isSuspended: true });
  await user(members[1], { role: 'MEMBER_FREE' });
  const taken = await prisma.userMembership.findMany({ where: { userId: members[2].userId } });
  const [plan] = await prisma.membership.findMany({ where: { id: { notIn: taken.map((row) => row.membershipId) } } });
  await prisma.userMembership.create({
    data: {
      userId: members[2].userId,
      membershipId: plan.id,
      startDate: at,
      endDate: new Date('2026-02-01T00:00:00Z'),
      status: 'ACTIVE',
      createdAt: at,
    },
  });
  await prisma.groupMember.deleteMany({ where: { userId: members[3].userId, groupId: 'all' } });
  await prisma.userProduct.updateMany({ where: { userId: members[3].userId }, data: { isActive: false } });
}

await { links, lives }[step]();
await prisma.$disconnect();
process.exit(0);
