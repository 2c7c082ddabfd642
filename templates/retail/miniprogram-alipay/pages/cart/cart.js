// The bag: what is in it, whether the shop still has it, what it costs.
const platform = require('../../platform')
const { cart, shop, showTabs, texts } = require('../../common/state')
const { rowView } = require('../../common/views')
const { priced, quantityOf } = require('../../shared/cart')
const { fill } = require('../../shared/language')
const { yuan } = require('../../shared/money')

Page({
  data: { t: texts(), rows: [], loading: true, failed: false, ready: false, total: '0', pieces: '', empty: platform.picture('images/empty-bag.svg'), offline: platform.picture('images/offline.svg') },

  onShow() {
    platform.setTitle(texts().cart.title)
    showTabs()
    this.load()
  },

  async load() {
    this.setData({ t: texts(), failed: false })
    try {
      this.goods = await shop.goodsByIds(cart.lines().map((line) => line.id))
      this.draw()
    } catch (error) {
      console.error('the bag could not be loaded:', error)
      this.setData({ loading: false, failed: true })
    }
  },

  draw() {
    const t = texts()
    const bag = priced(cart.lines(), this.goods)
    this.setData({ loading: false, rows: bag.rows.map(rowView), ready: bag.ready, total: yuan(bag.total), pieces: bag.ready ? fill(t.cart.pieces, { count: bag.count }) : t.cart.fix })
  },

  fewer(event) {
    this.change(event, -1)
  },

  more(event) {
    this.change(event, 1)
  },

  change(event, step) {
    const { id, full } = event.currentTarget.dataset
    if (step > 0 && full) return
    cart.set(id, quantityOf(cart.lines(), id) + step)
    this.draw()
  },

  remove(event) {
    cart.remove([event.currentTarget.dataset.id])
    this.draw()
  },

  messageAction() {
    if (this.data.failed) this.load()
    else platform.openTab('/pages/home/home')
  },

  openGood(event) {
    platform.open(`/pages/goods/goods?id=${event.currentTarget.dataset.id}`)
  },

  checkout() {
    if (this.data.ready) platform.open('/pages/confirm/confirm')
  },
})
