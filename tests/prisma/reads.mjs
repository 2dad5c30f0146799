// The app's reads as Prisma queries: for every imported person, affiliate and order they answer what the tool says that the
// app's pages show. Usage: node reads.mjs DATABASE_URL PASTED_FILE FOLDER FIGURES_FILE, the document of
// `verify --app-figures --format json`. Ends with 1 and the figures that differ.
import { readFileSync } from 'node:fs';
import { providerOf } from './adapter.mjs';
import { clientOf } from './generate.mjs';

const [url, pasted, folder, file] = process.argv.slice(2);
const figures = JSON.parse(readFileSync(file, 'utf8'));
const { prisma, models } = clientOf(url, pasted, folder);
const newer = figures.is_newer;
const now = new Date(figures.now);
const has = (model) => models.includes(model);

let compared = 0;
const wrong = [];
function same(who, what, said, found) {
  compared += 1;
  if (JSON.stringify(said) !== JSON.stringify(found)) {
    wrong.push(`${who}: ${what}: the tool says ${JSON.stringify(said)}, Prisma ${JSON.stringify(found)}`);
  }
}

/** An amount in sen. */
const sen = (amount) => (amount === null || amount === undefined ? 0 : Number(amount.mul(100).toFixed(0)));

/** The row that a page takes. Of rows that are alike in what it sorts by, any one will do. */
function first(rows, key, said) {
  const alike = rows.filter((row) => row[key].getTime() === rows[0][key].getTime());
  return (alike.find((row) => row.id === said) ?? alike[0])?.id ?? null;
}

async function memberships(userId, where, key, said) {
  const rows = await prisma.userMembership.findMany({ where: { userId, ...where }, orderBy: { [key]: 'desc' } });
  return first(rows, key, said);
}

/** What decides whether a course opens: an enrolment, the plan of an ACTIVE row, or any ACTIVE row. */
async function opens(userId, course) {
  const { id: courseId, membershipIncluded } = course;
  if (await prisma.courseEnrollment.findFirst({ where: { userId, courseId } })) return true;
  const active = await prisma.userMembership.findMany({ where: { userId, status: 'ACTIVE' } });
  const plans = active.map((row) => row.membershipId);
  const linked = await prisma.membershipCourse.findFirst({ where: { courseId, membershipId: { in: plans } } });
  return Boolean(linked) || (membershipIncluded && active.length > 0);
}

async function person(said) {
  const id = said.user;
  const user = await prisma.user.findUnique({ where: { id } });
  const found = await prisma.user.findFirst({ where: { email: user.email.trim().toLowerCase() } });
  const check = (what, value) => same(`user ${id}`, what, said[what], value);
  check('reset_finds_address', found?.id === id);
  check('account_is_open', user.isActive && !user.isSuspended);
  check('is_sent_to_upgrade', user.role === 'MEMBER_FREE');
  const active = { status: 'ACTIVE' };
  const pages = {
    my_membership: [newer ? active : {}, 'startDate'],
    membership_status: [active, 'endDate'],
    list_of_memberships: [{ ...active, endDate: { gt: now } }, 'createdAt'],
    courses_of_a_membership: [{ status: { in: ['ACTIVE', 'EXPIRED'] } }, 'createdAt'],
  };
  for (const [page, [where, key]] of Object.entries(pages)) check(page, await memberships(id, where, key, said[page]));
  const groups = has('Group')
    ? await prisma.groupMember.findMany({ where: { userId: id, group: { isActive: true } } })
    : [];
  check('my_groups', groups.map((row) => row.groupId).sort());
  const courses = has('Course')
    ? await prisma.course.findMany({ where: { status: { notIn: ['DRAFT', 'ARCHIVED'] } } })
    : [];
  const open = [];
  for (const course of courses) if (await opens(id, course)) open.push(course.id);
  check('opening_courses', open.sort());
  const owned = await prisma.userProduct.findMany({ where: { userId: id, isActive: true } });
  check('my_products', owned.map((row) => row.productId).sort());
}

/** J makes a flag at log-in, and turns MEMBER_FREE away all the same; D goes by the role. */
async function letIn(user, profile, wallet) {
  if (!newer) return user.role === 'AFFILIATE';
  const sold = await prisma.transaction.count({ where: { status: 'SUCCESS', affiliateId: user.id } });
  const links = has('AffiliateLink') ? await prisma.affiliateLink.count({ where: { userId: user.id } }) : 0;
  const flag = sold > 0 || links > 0 || Number(wallet?.balance ?? 0) > 0 || user.affiliateMenuEnabled || profile.isActive;
  return flag && user.role !== 'MEMBER_FREE';
}

/** Whom `?ref=` finds: the user of the link with that code, else an affiliate of that username. */
async function linkSellsFor(user, profile) {
  const code = user.username ?? profile.affiliateCode;
  const link = has('AffiliateLink') ? await prisma.affiliateLink.findFirst({ where: { code, isActive: true } }) : null;
  if (link) return link.userId;
  return (await prisma.user.findFirst({ where: { username: code, role: 'AFFILIATE' } }))?.id ?? null;
}

async function affiliate(said) {
  const check = (what, value) => same(`affiliate ${said.user}`, what, said[what], value);
  const user = await prisma.user.findUnique({ where: { id: said.user } });
  const profile = await prisma.affiliateProfile.findUnique({ where: { userId: user.id } });
  const wallet = await prisma.wallet.findUnique({ where: { userId: user.id } });
  const sum = async (where) =>
    (await prisma.affiliateConversion.aggregate({ where, _sum: { commissionAmount: true } }))._sum.commissionAmount;
  const all = sen(await sum({ affiliateId: profile.id }));
  const paid = sen(await sum({ affiliateId: profile.id, paidOut: true }));
  const asked = has('Payout')
    ? sen(
        (
          await prisma.payout.aggregate({
            where: { walletId: wallet?.id ?? '', status: { in: ['PENDING', 'APPROVED'] } },
            _sum: { amount: true },
          })
        )._sum.amount,
      )
    : 0;
  const balance = sen(wallet?.balance);
  check('profile', profile.id);
  check('is_let_in', await letIn(user, profile, wallet));
  const reachable = Boolean(user.name.trim() && (user.phone?.trim() || user.whatsapp?.trim()));
  check('is_onboarded', newer ? profile.profileCompleted : reachable);
  check('link_sells_for', await linkSellsFor(user, profile));
  check('payout_gate', all - paid - asked);
  check('payouts_page', newer ? balance - asked : all - paid - asked);
  check('wallet_balance', newer ? all - paid : balance);
  check('wallet_earned', newer ? all : sen(wallet?.totalEarnings));
  check('wallet_paid', newer ? paid : sen(wallet?.totalPayout));
  check('dashboard_earned', newer ? sen(wallet?.totalEarnings) : sen(profile.totalEarnings));
  const conversions = await prisma.affiliateConversion.count({ where: { affiliateId: profile.id } });
  check('dashboard_sales', newer ? conversions : profile.totalConversions);
  check('dashboard_balance', balance);
  const unpaid = await prisma.affiliateConversion.findMany({ where: { affiliateId: profile.id, paidOut: false } });
  check('listed_to_be_paid', unpaid.reduce((listed, row) => listed + sen(row.commissionAmount), 0));
  check('on_boards', (await boards()).get(user.id) ?? 0);
}

/** J groups by what a conversion holds and takes that for a user's id, D goes by the profile. */
let board;
async function boards() {
  if (board) return board;
  board = new Map();
  const groups = await prisma.affiliateConversion.groupBy({ by: ['affiliateId'], _sum: { commissionAmount: true } });
  for (const { affiliateId: id, _sum } of groups) {
    const seller = newer
      ? await prisma.user.findUnique({ where: { id } })
      : (await prisma.affiliateProfile.findUnique({ where: { id }, include: { user: true } }))?.user;
    if (seller) board.set(seller.id, (board.get(seller.id) ?? 0) + sen(_sum.commissionAmount));
  }
  return board;
}

/** J: the first of these that is a user's id, at last a name; D: conversion, profile, user. */
async function saleOf(order) {
  if (!newer) return [order.conversion ? order.conversion.affiliate.userId : null, null];
  for (const id of [order.conversion?.affiliateId, order.affiliateId, order.metadata?.affiliateId]) {
    if (id && (await prisma.user.findUnique({ where: { id } }))) return [id, null];
  }
  return [null, order.metadata?.affiliateName ?? null];
}

async function order(said) {
  const check = (what, value) => same(`order ${said.order}`, what, said[what], value);
  const found = await prisma.transaction.findFirst({
    where: { externalId: `sejoli-${said.order}` },
    include: { conversion: { include: { affiliate: true } } },
  });
  check('buyer', found?.userId ?? null);
  const [seller, name] = found ? await saleOf(found) : [null, null];
  check('affiliate', seller);
  check('affiliate_name', name);
  check('item', found?.productId ?? found?.membershipId ?? null);
  check('invoice', found?.invoiceNumber ?? null);
}

async function admin(said) {
  const check = (what, value) => same('admin', what, said[what], value);
  const paid = { where: { status: 'SUCCESS' } };
  check('revenue', sen((await prisma.transaction.aggregate({ ...paid, _sum: { amount: true } }))._sum.amount));
  check('paid_orders', await prisma.transaction.count(paid));
  const imported = { in: figures.people.map((one) => one.user) };
  const running = { status: 'ACTIVE', endDate: { gt: now }, userId: imported };
  check('running_memberships', await prisma.userMembership.count({ where: running }));
  const all = await prisma.affiliateConversion.aggregate({ _sum: { commissionAmount: true } });
  check('commissions', sen(all._sum.commissionAmount));
  check('next_invoice', await nextInvoice());
}

/** J: one above the greatest of the newest hundred, else the clock's digits. D: their number and one. */
async function nextInvoice() {
  if (!newer) return `INV${(await prisma.transaction.count()) + 1}`;
  const where = { invoiceNumber: { startsWith: 'INV' } };
  const newest = await prisma.transaction.findMany({ where, orderBy: { createdAt: 'desc' }, take: 100 });
  const numbers = newest.map((row) => row.invoiceNumber.slice(3)).filter((text) => /^\d+$/.test(text));
  return numbers.length ? `INV${Math.max(...numbers.map(Number)) + 1}` : null;
}

for (const one of figures.people) await person(one);
for (const one of figures.affiliates) await affiliate(one);
for (const one of figures.orders) await order(one);
await admin(figures.admin);
const of = `${figures.people.length} people, ${figures.affiliates.length} affiliates, ${figures.orders.length} orders`;
const app = `the app of ${newer ? 'January 2026' : 'December 2025'}`;
if (wrong.length || !figures.people.length || !figures.affiliates.length || !figures.orders.length) {
  console.error(wrong.slice(0, 20).join('\n'));
  console.error(`${providerOf(url)}: ${app}: ${wrong.length} of ${compared} figures of ${of} differ`);
  process.exit(1);
}
console.log(`${providerOf(url)}: ${app}: ${compared} figures of ${of} are the same by Prisma's client`);
await prisma.$disconnect();
process.exit(0);
