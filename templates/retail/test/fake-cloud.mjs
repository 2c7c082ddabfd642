// A `wx-server-sdk` for the order function's tests: documents and coupons in memory, and a process that can die at any call, before or after
// the call has had its effect. What died answers nothing any more until `revive`.
import Module, { createRequire } from 'node:module'

const usable = ['held', 'locked']

class Died extends Error {}

export class World {
  constructor({ goods, coupons }) {
    this.documents = { goods: new Map(goods.map((good) => [good._id, structuredClone(good)])), orders: new Map() }
    this.coupons = new Map(coupons.map((coupon) => [coupon.id, { status: 'held', order: '', lockedUntil: 0, uses: [], ...coupon }]))
    this.steps = new Map()
    this.openid = 'somebody'
    this.now = Date.now()
    this.revive()
  }

  /** Lets the process die at its call number `call` (from 1), `after` or before the effect. */
  dieAt(call, after) {
    Object.assign(this, { calls: 0, call, after, dead: false })
  }

  revive() {
    this.dieAt(Infinity, false)
  }

  /** Every call to the cloud goes through here. */
  async through(effect) {
    if (this.dead) throw new Died('the process is dead')
    this.calls += 1
    const isLast = this.calls === this.call
    if (isLast) this.dead = true
    if (isLast && !this.after) throw new Died('died before the call had its effect')
    const answer = effect()
    if (isLast) throw new Died('died before the answer came')
    return structuredClone(answer)
  }

  snapshot() {
    return structuredClone(this.documents)
  }
}

let world

export function enter(next) {
  world = next
  return next
}

function matches(document, where) {
  return Object.entries(where).every(([key, wanted]) => {
    const value = document[key]
    if (wanted && wanted.$in) return wanted.$in.includes(value)
    if (wanted && wanted.$lt) return value < wanted.$lt
    return value === wanted
  })
}

function change(document, data) {
  for (const [key, value] of Object.entries(data)) document[key] = value && value.$inc !== undefined ? (document[key] || 0) + value.$inc : structuredClone(value)
}

function query(name, where, most = 1000) {
  const found = () => [...world.documents[name].values()].filter((document) => matches(document, where)).slice(0, most)
  return {
    limit: (count) => query(name, where, count),
    get: () => world.through(() => ({ data: found() })),
    update: ({ data }) => world.through(() => { found().forEach((document) => change(document, data)); return {} }),
  }
}

function collection(name) {
  return {
    where: (where) => query(name, where),
    doc: (id) => ({
      get: () => world.through(() => ({ data: world.documents[name].get(id) })),
      update: ({ data }) => world.through(() => { change(world.documents[name].get(id), data); return {} }),
    }),
    add: ({ data }) => world.through(() => {
      if (world.documents[name].has(data._id)) throw new Error(`there is a ${data._id} already`)
      world.documents[name].set(data._id, structuredClone(data))
      return { _id: data._id }
    }),
  }
}

const database = {
  command: { inc: (number) => ({ $inc: number }), in: (list) => ({ $in: list }), lt: (value) => ({ $lt: value }) },
  collection,
  async runTransaction(body) {
    const before = world.snapshot()
    let answer
    try {
      answer = await body({ collection })
    } catch (error) {
      world.documents = before
      throw error
    }
    // The commit: what dies before it leaves nothing behind.
    try {
      await world.through(() => null)
    } catch (error) {
      if (!world.after) world.documents = before
      throw error
    }
    return answer
  },
}

function refuse(code, status, members = {}) {
  throw Object.assign(new Error(code), { problem: { code, status, problem: members } })
}

/** A step as the ledger takes it: the same number again answers the first answer. */
function step(kind, { coupons, order, outBizNo }, take) {
  return world.through(() => {
    const key = outBizNo && `${kind} ${outBizNo}`
    if (key && world.steps.has(key)) return world.steps.get(key)
    const named = coupons.map((id) => world.coupons.get(id) || refuse('COUPON_NOT_FOUND', 404, { coupon: id }))
    named.forEach((coupon) => take.check(coupon))
    const answer = { coupons: named.map((coupon, place) => { take.change(coupon, place); return { id: coupon.id, status: coupon.status } }), order }
    if (key) world.steps.set(key, answer)
    return answer
  })
}

function checkFree(coupon, order) {
  if (!usable.includes(coupon.status)) refuse('COUPON_STATE', 409, { coupon: coupon.id })
  if (coupon.status === 'locked' && coupon.order !== order && coupon.lockedUntil > world.now) refuse('COUPON_LOCKED', 409, { coupon: coupon.id })
}

const coupons = {
  price: ({ basket, coupons: ids }) => world.through(() => {
    const total = basket.lines.reduce((sum, line) => sum + line.price * line.quantity, 0)
    const lineDiscounts = basket.lines.map(() => 0)
    const applied = ids.map((id) => {
      const coupon = world.coupons.get(id)
      if (!coupon || coupon.status !== 'held') refuse('COUPON_NOT_FOUND', 404, { coupon: id })
      lineDiscounts[0] += coupon.amount
      return { coupon: id, name: id, discount: coupon.amount, lineDiscounts: basket.lines.map((_, place) => (place === 0 ? coupon.amount : 0)) }
    })
    const discount = applied.reduce((sum, each) => sum + each.discount, 0)
    return { total, discount, payable: total - discount, lineDiscounts, applied, gifts: [], unused: [] }
  }),
  lock: (options) => step('lock', options, {
    check: (coupon) => checkFree(coupon, options.order),
    change: (coupon) => Object.assign(coupon, { status: 'locked', order: options.order, lockedUntil: world.now + options.seconds * 1000 }),
  }),
  release: (options) => step('release', options, {
    check: (coupon) => { if (coupon.status !== 'locked' || coupon.order !== options.order) refuse('COUPON_NOT_LOCKED', 409, { coupon: coupon.id }) },
    change: (coupon) => Object.assign(coupon, { status: 'held', order: '' }),
  }),
  redeem: (options) => step('redeem', options, {
    check: (coupon) => checkFree(coupon, options.order),
    change: (coupon, place) => { coupon.status = 'redeemed'; coupon.uses.push({ order: options.order, amount: options.amounts[place], refunded: false }) },
  }),
  refund: (options) => step('refund', options, {
    check: (coupon) => { if (!coupon.uses.some((use) => use.order === options.order && !use.refunded)) refuse('COUPON_USE_NOT_FOUND', 404, { coupon: coupon.id }) },
    change: (coupon) => { coupon.status = 'held'; coupon.uses.forEach((use) => { if (use.order === options.order) use.refunded = true }) },
  }),
}

const sdk = { DYNAMIC_CURRENT_ENV: 'current', init() {}, database: () => database, coupons, getWXContext: () => ({ OPENID: world.openid }) }

const load = Module._load
Module._load = function loadOrFake(request, ...rest) {
  return request === 'wx-server-sdk' ? sdk : load.call(this, request, ...rest)
}

export const order = createRequire(import.meta.url)('../cloudfunctions/order/index.js')
