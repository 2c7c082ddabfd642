// The order function with coupons, and a process that dies at any of its calls: a repeat of the call always leads to the same end.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { enter, order, World } from './fake-cloud.mjs'

for (const name of ['log', 'warn', 'error']) console[name] = () => {}

const coupons = ['cpn-aaaaaaaaaaaaa', 'cpn-bbbbbbbbbbbbb']
const items = [{ id: 'bun', quantity: 2 }, { id: 'tea', quantity: 1 }]
const wanted = { action: 'create', items, coupons, token: 'token-0001' }
const minutes = 60 * 1000

function newWorld() {
  const goods = ['bun', 'tea'].map((id) => ({ _id: id, name: { zh: id, en: id }, category: 'all', picture: '', price: 1000, stock: 10, sales: 0, onSale: true }))
  return enter(new World({ goods, coupons: [{ id: coupons[0], amount: 300 }, { id: coupons[1], amount: 200 }] }))
}

async function call(event) {
  const answer = await order.main(event)
  return answer.ok ? answer : Promise.reject(Object.assign(new Error(answer.error.code), answer.error))
}

const statuses = (world) => coupons.map((id) => world.coupons.get(id).status)
const good = (world, id) => world.documents.goods.get(id)
const only = (world) => {
  assert.equal(world.documents.orders.size, 1)
  return [...world.documents.orders.values()][0]
}

async function placed() {
  const world = newWorld()
  return { world, id: (await call(wanted)).order._id }
}

async function paid() {
  const { world, id } = await placed()
  await call({ action: 'pay', id })
  return { world, id }
}

/** Lets `event` die at each of its calls, before and after the effect, repeats it, and looks at the end. */
async function atEveryCall(prepare, event, look) {
  let tried = 0
  for (const after of [false, true]) {
    for (let at = 1; ; at += 1) {
      const { world, id } = await prepare()
      world.dieAt(at, after)
      const died = await call(event(id)).then(() => false, () => true)
      const isOver = !world.dead
      world.revive()
      if (isOver) {
        assert.equal(died, false)
        break
      }
      await call(event(id))
      await look(world, `died ${after ? 'after' : 'before'} call ${at}`)
      tried += 1
    }
  }
  assert.ok(tried >= 8, `only ${tried} deaths were tried`)
}

const unplaced = async () => ({ world: newWorld(), id: '' })

test('an order knows its coupons, what each takes off, and each line’s share', async () => {
  const { world } = await placed()
  const document = only(world)
  assert.deepEqual([document.subtotal, document.discount, document.total, document.couponState], [3000, 500, 2500, 'locked'])
  assert.deepEqual(document.items.map((item) => item.discount), [500, 0])
  assert.deepEqual(document.coupons.map(({ id, discount }) => [id, discount]), [[coupons[0], 300], [coupons[1], 200]])
  assert.deepEqual(statuses(world), ['locked', 'locked'])
})

test('the page’s sum is compared, never believed', async () => {
  const world = newWorld()
  await assert.rejects(call({ ...wanted, expected: 100 }), { code: 'PRICE_CHANGED' })
  assert.equal(world.documents.orders.size, 0)
  assert.equal((await call({ ...wanted, expected: 2500 })).order.total, 2500)
})

test('coupons that are no list of ids are refused', async () => {
  newWorld()
  for (const bad of ['cpn-aaaaaaaaaaaaa', ['x'], [coupons[0], coupons[0]], [{ $ne: 1 }], Array(11).fill(coupons[0])]) {
    await assert.rejects(call({ ...wanted, coupons: bad }), { code: 'INVALID_INPUT' })
  }
})

test('placing: dead at any call and repeated, there is one order, and it has its coupons', () => atEveryCall(unplaced, () => wanted, (world, when) => {
  assert.deepEqual([only(world).status, only(world).couponState], ['unpaid', 'locked'], when)
  assert.deepEqual(statuses(world), ['locked', 'locked'], when)
  assert.deepEqual([good(world, 'bun').stock, good(world, 'tea').stock], [8, 9], when)
}))

test('paying: dead at any call and repeated, the coupons are used up once', () => atEveryCall(placed, (id) => ({ action: 'pay', id }), (world, when) => {
  assert.deepEqual([only(world).status, only(world).couponState], ['paid', 'redeemed'], when)
  assert.deepEqual(coupons.map((id) => world.coupons.get(id).uses.map((use) => use.amount)), [[300], [200]], when)
  assert.equal(good(world, 'bun').sales, 2, when)
}))

test('cancelling: dead at any call and repeated, the coupons are free', () => atEveryCall(placed, (id) => ({ action: 'cancel', id }), (world, when) => {
  assert.deepEqual([only(world).status, only(world).couponState], ['cancelled', 'released'], when)
  assert.deepEqual(statuses(world), ['held', 'held'], when)
  assert.equal(good(world, 'bun').stock, 10, when)
}))

test('refunding: dead at any call and repeated, the coupons are back', () => atEveryCall(paid, (id) => ({ action: 'refund', id }), (world, when) => {
  assert.deepEqual([only(world).status, only(world).couponState], ['refunded', 'refunded'], when)
  assert.deepEqual(statuses(world), ['held', 'held'], when)
  assert.deepEqual(only(world).coupons.map((coupon) => coupon.after), ['held', 'held'], when)
  assert.deepEqual([good(world, 'bun').stock, good(world, 'bun').sales], [10, 0], when)
}))

/** The timer comes by in the place of a repeat. */
async function tidy(world, later) {
  const { openid } = world
  world.openid = ''
  for (const document of world.documents.orders.values()) document.createdAt = new Date(document.createdAt.getTime() - later)
  world.now += later
  await call({ Type: 'Timer', TriggerName: 'tidy' })
  world.openid = openid
}

test('the timer finishes what nobody repeats', async () => {
  for (const [prepare, event, end] of [
    [paid, (id) => ({ action: 'refund', id }), ['refunded', 'refunded', 'held']],
    [placed, (id) => ({ action: 'pay', id }), ['paid', 'redeemed', 'redeemed']],
  ]) {
    for (const after of [false, true]) {
      for (let at = 1; ; at += 1) {
        const { world, id } = await prepare()
        world.dieAt(at, after)
        await call(event(id)).catch(() => {})
        if (!world.dead) break
        world.revive()
        const { status } = only(world)
        await tidy(world, 5 * minutes)
        if (status === end[0]) assert.deepEqual([only(world).status, only(world).couponState, statuses(world)[0]], end, `died at ${at}`)
      }
    }
  }
})

test('the timer ends what nobody pays, however it was left', async () => {
  for (const after of [false, true]) {
    for (let at = 1; ; at += 1) {
      const world = newWorld()
      world.dieAt(at, after)
      await call(wanted).catch(() => {})
      if (!world.dead) break
      world.revive()
      await tidy(world, 16 * minutes)
      assert.deepEqual(statuses(world), ['held', 'held'], `died at ${at}`)
      assert.equal(good(world, 'bun').stock, 10, `died at ${at}`)
      for (const document of world.documents.orders.values()) assert.deepEqual([document.status, document.couponState], ['cancelled', 'released'])
    }
  }
})

test('a customer who calls themselves a timer is a customer', async () => {
  newWorld()
  await assert.rejects(call({ Type: 'Timer' }), { code: 'INVALID_INPUT' })
})

test('two orders for one coupon: the second is refused, gives its goods back, and says so again', async () => {
  const world = newWorld()
  const second = { ...wanted, token: 'token-0002' }
  // Both have been priced and written before either has locked.
  world.dieAt(10, false)
  await call(second).catch(() => {})
  world.revive()
  assert.equal(only(world).couponState, 'locking')
  await call(wanted)
  for (let repeat = 0; repeat < 2; repeat += 1) await assert.rejects(call(second), { code: 'COUPON_LOCKED' })
  const orders = [...world.documents.orders.values()]
  assert.deepEqual(orders.map((document) => document.status).sort(), ['cancelled', 'unpaid'])
  assert.equal(good(world, 'bun').stock, 8)
  assert.deepEqual(statuses(world), ['locked', 'locked'])
})

test('an order whose coupons went to another one while it waited is not paid', async () => {
  const { world, id } = await placed()
  world.now += 20 * minutes
  const { order: other } = await call({ ...wanted, coupons: [], token: 'token-0003' })
  for (const coupon of coupons) Object.assign(world.coupons.get(coupon), { status: 'locked', order: other._id, lockedUntil: world.now + minutes })
  await assert.rejects(call({ action: 'pay', id }), { code: 'COUPON_LOCKED' })
  assert.equal(world.documents.orders.get(id).status, 'cancelled')
  assert.deepEqual(coupons.map((coupon) => world.coupons.get(coupon).order), [other._id, other._id])
})

test('whichever comes first wins: paid, cancelled, refunded', async () => {
  const { id } = await paid()
  await assert.rejects(call({ action: 'cancel', id }), { code: 'ORDER_NOT_UNPAID' })
  await call({ action: 'refund', id })
  await assert.rejects(call({ action: 'pay', id }), { code: 'ORDER_NOT_UNPAID' })
  const cancelled = await placed()
  await call({ action: 'cancel', id: cancelled.id })
  await assert.rejects(call({ action: 'refund', id: cancelled.id }), { code: 'ORDER_NOT_PAID' })
})
