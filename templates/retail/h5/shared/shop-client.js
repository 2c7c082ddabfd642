// The shop's calls to its cloud, the same in every client. `platform` brings what differs:
//   callFunction(name, data) → the function's return value
//   database() → the platform's database (or a promise of it), rows(answer) → the list of documents in its answer
//   coupons() → the cloud's coupons (or a promise of them), the same on every platform

/** A refusal by one of the shop's functions: a stable code and details to say it in the customer's language. */
class ShopError extends Error {
  constructor(code, message, details) {
    super(message)
    this.name = 'ShopError'
    this.code = code
    this.details = details || {}
  }
}

function shopClient(platform) {
  // The functions answer {ok: true, …} or {ok: false, error: {code, message, details}}.
  async function call(name, data) {
    const answer = await platform.callFunction(name, data)
    if (answer && answer.ok) return answer
    const error = (answer && answer.error) || {}
    throw new ShopError(error.code || 'UNKNOWN', error.message || `function ${name} gave no answer`, error.details)
  }

  return {
    // Public collections are read directly; their permission lets everybody read and nobody write.
    async shop() {
      const db = await platform.database()
      return platform.rows(await db.collection('shop').limit(1).get())[0]
    },
    async categories() {
      const db = await platform.database()
      return platform.rows(await db.collection('categories').orderBy('sort', 'asc').get())
    },
    async goodsByIds(ids) {
      if (ids.length === 0) return []
      const db = await platform.database()
      return platform.rows(await db.collection('goods').where({ _id: db.command.in(ids) }).limit(100).get())
    },

    // Whatever needs a decision goes through a function.
    goods: (filter) => call('goods', Object.assign({ action: 'list' }, filter)),
    good: (id) => call('goods', { action: 'detail', id }),
    createOrder: (order) => call('order', Object.assign({ action: 'create' }, order)),
    orders: (filter) => call('order', Object.assign({ action: 'list' }, filter)),
    order: (id) => call('order', { action: 'detail', id }),
    payOrder: (id) => call('order', { action: 'pay', id }),
    cancelOrder: (id) => call('order', { action: 'cancel', id }),
    refundOrder: (id) => call('order', { action: 'refund', id }),
    member: () => call('member', { action: 'profile' }),

    // Coupons are the cloud's own: nothing of the shop is between. Only using them up is the order function's.
    offers: async () => (await (await platform.coupons()).offers()).batches,
    offer: async (batch) => (await platform.coupons()).offer(batch),
    /** The number says which of the user's coupons it is, the first or the second: two tabs, or a page that lost its answer, get one. */
    claim: async ({ id, mine }, brought = {}) => (await platform.coupons()).claim(id, Object.assign({ outBizNo: `claim-${mine + 1}` }, brought)),
    /** What a code gives, of whichever batch it is; the same code again gives the same coupon. */
    claimByCode: async (code) => (await platform.coupons()).claimByCode(code, { outBizNo: `code-${code}`.slice(0, 64) }),
    /** What a customer with a coupon of the batch gives to friends: {invitation, invited}. */
    invitation: async (batch) => (await platform.coupons()).invitation(batch),
    /** {coupons, now}: the customer's own, the newest first. */
    myCoupons: async () => (await platform.coupons()).mine({ limit: 200 }),
    bestCoupons: async (basket) => (await platform.coupons()).best({ basket }),
    priceCoupons: async (basket, coupons) => (await platform.coupons()).price({ basket, coupons }),
    /** Names and descriptions of batches in both languages: a batch has them in one. */
    async couponTexts() {
      const db = await platform.database()
      return platform.rows(await db.collection('coupon_texts').limit(100).get())
    },
  }
}

/** A token that makes placing an order repeatable: the same token never makes a second order. */
function orderToken() {
  const random = () => Math.random().toString(36).slice(2, 12)
  return `${Date.now().toString(36)}-${random()}${random()}`.slice(0, 40)
}

export { ShopError, shopClient, orderToken }
