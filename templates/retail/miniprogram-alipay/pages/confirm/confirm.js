// Before the order: where, when, what, how much. The token makes a second tap harmless.
const platform = require('../../platform')
const { cart, shop, texts, toastError } = require('../../common/state')
const { rowView, say } = require('../../common/views')
const { mostOfOne, priced } = require('../../shared/cart')
const { idsOf } = require('../../shared/coupon-choice')
const { errorCode } = require('../../shared/error-text')
const { fill } = require('../../shared/language')
const { yuan } = require('../../shared/money')
const { isOpen, pickupChoices, pickupLabel } = require('../../shared/order-view')
const { orderToken } = require('../../shared/shop-client')
const { choiceView, loadChoice, noChoice, withBest, withChange, withNone } = require('./choice')

Page({
  data: { t: texts(), place: null, rows: [], choices: [], pickupMinutes: pickupChoices[0], closedNote: '', ready: false, sending: false, failed: false, total: '0', pieces: '', coupons: null, counting: false, couponsFailed: false, showAll: false, offline: platform.picture('images/offline.svg') },

  onLoad({ buy, quantity }) {
    this.remark = ''
    this.fromCart = !buy
    this.lines = buy ? [{ id: buy, quantity: Math.min(Number(quantity) || 1, mostOfOne) }] : cart.lines()
    this.load()
  },

  onShow() {
    platform.setTitle(texts().confirm.title)
  },

  async load() {
    const t = texts()
    this.setData({ t, failed: false })
    try {
      const [found, goods] = await Promise.all([shop.shop(), shop.goodsByIds(this.lines.map((line) => line.id))])
      const bag = priced(this.lines, goods)
      // A new token: what is placed from here on is another order than what was refused before.
      this.token = orderToken()
      this.pieces = bag.ready ? fill(t.cart.pieces, { count: bag.count }) : t.cart.fix
      this.setData({
        place: { name: say(found.name), address: say(found.address) },
        closedNote: isOpen(found, new Date()) ? '' : fill(t.confirm.closedNote, found),
        choices: pickupChoices.map((minutes) => ({ minutes, label: pickupLabel(minutes, t) })),
        rows: bag.rows.map(rowView),
        ready: bag.ready,
      })
      this.show(noChoice(bag))
      if (bag.ready) this.loadCoupons()
    } catch (error) {
      console.error('the order could not be prepared:', error)
      this.setData({ failed: true })
    }
  },

  /** An order can be placed without coupons, too: what fails here can be tried again, and keeps nobody. */
  async loadCoupons() {
    this.setData({ counting: true, couponsFailed: false })
    try {
      this.show(await loadChoice(this.choice.bag))
    } catch (error) {
      console.error('the coupons could not be loaded:', error)
      this.setData({ couponsFailed: true })
    }
    this.setData({ counting: false })
  },

  show(choice) {
    this.choice = choice
    const coupons = choiceView(choice)
    const { couponsOff } = texts().confirm
    this.setData({ coupons, total: yuan(choice.combination.payable), pieces: coupons.discount ? `${this.pieces} · ${couponsOff} −¥${coupons.discount}` : this.pieces })
  },

  async tapCoupon(event) {
    if (this.data.counting || this.data.sending) return
    this.setData({ counting: true })
    try {
      this.show(await withChange(this.choice, event.currentTarget.dataset.id))
    } catch (error) {
      // Not any more, or not alone either: what was chosen before stays.
      toastError(error)
    }
    this.setData({ counting: false })
  },

  useBest() {
    this.show(withBest(this.choice))
  },

  useNone() {
    this.show(withNone(this.choice))
  },

  toggleAll() {
    this.setData({ showAll: !this.data.showAll })
  },

  openCoupons() {
    platform.open('/pages/coupons/coupons')
  },

  messageAction() {
    this.load()
  },

  choose(event) {
    this.setData({ pickupMinutes: Number(event.currentTarget.dataset.minutes) })
  },

  write(event) {
    this.remark = event.detail.value
  },

  async submit() {
    if (!this.data.ready || this.data.sending || this.data.counting) return
    this.setData({ sending: true })
    const { combination } = this.choice
    try {
      const { order } = await shop.createOrder({ items: this.lines, coupons: idsOf(combination), expected: combination.payable, token: this.token, pickupMinutes: this.data.pickupMinutes, remark: this.remark })
      if (this.fromCart) cart.remove(this.lines.map((line) => line.id))
      platform.openInstead(`/pages/order/order?id=${order._id}`)
    } catch (error) {
      toastError(error)
      // Another price, or a coupon that is gone: the page is made anew with what is true now.
      if (/^(PRICE_CHANGED$|COUPON_)/.test(errorCode(error))) await this.load()
      this.setData({ sending: false })
    }
  },
})
