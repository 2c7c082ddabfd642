// Before the order: where, when, what, how much. The token makes a second tap harmless.
const platform = require('../../platform')
const { cart, shop, texts, toastError } = require('../../common/state')
const { rowView, say } = require('../../common/views')
const { mostOfOne, priced } = require('../../shared/cart')
const { fill } = require('../../shared/language')
const { yuan } = require('../../shared/money')
const { isOpen, pickupChoices, pickupLabel } = require('../../shared/order-view')
const { orderToken } = require('../../shared/shop-client')

Page({
  data: { t: texts(), place: null, rows: [], choices: [], pickupMinutes: pickupChoices[0], closedNote: '', ready: false, sending: false, failed: false, total: '0', pieces: '', offline: platform.picture('images/offline.svg') },

  onLoad({ buy, quantity }) {
    this.token = orderToken()
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
      this.setData({
        place: { name: say(found.name), address: say(found.address) },
        closedNote: isOpen(found, new Date()) ? '' : fill(t.confirm.closedNote, found),
        choices: pickupChoices.map((minutes) => ({ minutes, label: pickupLabel(minutes, t) })),
        rows: bag.rows.map(rowView),
        ready: bag.ready,
        total: yuan(bag.total),
        pieces: bag.ready ? fill(t.cart.pieces, { count: bag.count }) : t.cart.fix,
      })
    } catch (error) {
      console.error('the order could not be prepared:', error)
      this.setData({ failed: true })
    }
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
    if (!this.data.ready || this.data.sending) return
    this.setData({ sending: true })
    try {
      const { order } = await shop.createOrder({ items: this.lines, token: this.token, pickupMinutes: this.data.pickupMinutes, remark: this.remark })
      if (this.fromCart) cart.remove(this.lines.map((line) => line.id))
      platform.openInstead(`/pages/order/order?id=${order._id}`)
    } catch (error) {
      toastError(error)
      this.setData({ sending: false })
    }
  },
})
