// One good: picture, story, facts, and into the bag.
const platform = require('../../platform')
const { cart, shop, texts } = require('../../common/state')
const { goodView } = require('../../common/views')
const { mostOfOne, quantityOf } = require('../../shared/cart')
const { fill } = require('../../shared/language')

Page({
  data: { t: texts(), good: null, pairs: [], quantity: 1, missing: false, failed: false, offline: platform.picture('images/offline.svg'), nothing: platform.picture('images/empty-search.svg') },

  onLoad({ id }) {
    this.id = id
    this.load()
  },

  onShow() {
    this.setData({ t: texts() })
    platform.setTitle(texts().goods.title)
  },

  async load() {
    this.setData({ failed: false })
    try {
      const { good, pairs } = await shop.good(this.id)
      this.documents = [good].concat(pairs)
      this.setData({ good: goodView(good), pairs: pairs.map(goodView) })
    } catch (error) {
      if (error.code !== 'GOODS_NOT_FOUND') console.error('the good could not be loaded:', error)
      this.setData(error.code === 'GOODS_NOT_FOUND' ? { missing: true } : { failed: true })
    }
  },

  messageAction() {
    if (this.data.failed) this.load()
    else platform.openTab('/pages/home/home')
  },

  fewer() {
    if (this.data.quantity > 1) this.setData({ quantity: this.data.quantity - 1 })
  },

  more() {
    if (this.data.quantity < this.data.good.most) this.setData({ quantity: this.data.quantity + 1 })
  },

  add() {
    this.putIntoCart(this.id, this.data.quantity)
  },

  addOne(event) {
    this.putIntoCart(event.currentTarget.dataset.id, 1)
  },

  putIntoCart(id, quantity) {
    const most = Math.min(this.documents.find((good) => good._id === id).stock, mostOfOne)
    if (quantityOf(cart.lines(), id) + quantity > most) {
      platform.toast(fill(texts().goods.limit, { count: most }))
      return
    }
    cart.add(id, quantity)
    platform.toast(texts().goods.added)
  },

  buy() {
    platform.open(`/pages/confirm/confirm?buy=${this.id}&quantity=${this.data.quantity}`)
  },

  openGood(event) {
    platform.open(`/pages/goods/goods?id=${event.currentTarget.dataset.id}`)
  },
})
