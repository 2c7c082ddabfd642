// One order: how it stands, what is in it, and what can be done with it.
const platform = require('../../platform')
const { couponWords } = require('../../common/coupons')
const { cart, shop, texts, toastError } = require('../../common/state')
const { orderView, say } = require('../../common/views')

Page({
  data: { t: texts(), order: null, address: '', busy: '', missing: false, failed: false, nothing: platform.picture('images/empty-orders.svg'), offline: platform.picture('images/offline.svg') },

  onLoad({ id }) {
    this.id = id
    this.load()
  },

  onShow() {
    platform.setTitle(texts().order.title)
  },

  async load() {
    this.setData({ t: texts(), failed: false })
    try {
      const [{ order }, found, words] = await Promise.all([shop.order(this.id), shop.shop(), couponWords([])])
      this.translate = words.translate
      this.setData({ order: orderView(order, words.translate), address: found ? say(found.address) : '' })
    } catch (error) {
      if (error.code !== 'ORDER_NOT_FOUND') console.error('the order could not be loaded:', error)
      this.setData(error.code === 'ORDER_NOT_FOUND' ? { missing: true } : { failed: true })
    }
  },

  messageAction() {
    if (this.data.failed) this.load()
    else platform.openTab('/pages/orders/orders')
  },

  pay() {
    this.change('pay', () => shop.payOrder(this.id), texts().order.paidToast)
  },

  async cancel() {
    const { cancelAsk, cancelHint, cancel, keep, cancelledToast } = texts().order
    const sure = await platform.ask({ title: cancelAsk, hint: cancelHint, yes: cancel, no: keep })
    if (sure) this.change('cancel', () => shop.cancelOrder(this.id), cancelledToast)
  },

  async refund() {
    const { refundAsk, refundHint, refund, keep, refundToast } = texts().order
    const sure = await platform.ask({ title: refundAsk, hint: refundHint, yes: refund, no: keep })
    if (sure) this.change('refund', () => shop.refundOrder(this.id), refundToast)
  },

  async change(name, call, done) {
    if (this.data.busy) return
    this.setData({ busy: name })
    try {
      const { order } = await call()
      this.setData({ order: orderView(order, this.translate) })
      platform.toast(done)
    } catch (error) {
      toastError(error)
    }
    this.setData({ busy: '' })
  },

  again() {
    this.data.order.items.forEach((item) => cart.set(item.id, item.quantity))
    platform.openTab('/pages/cart/cart')
  },
})
