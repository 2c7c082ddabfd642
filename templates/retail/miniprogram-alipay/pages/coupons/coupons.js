// What can be claimed now or soon; with `batch` one of them, as a QR code or a shared card opens it. What the link carries (`link`, `channel`,
// `invitation`) goes into the claim.
const platform = require('../../platform')
const { couponWords, ticketView } = require('../../common/coupons')
const { shop, texts, toastError } = require('../../common/state')
const { broughtBy, inOrder, missingProof, stateOf, takenPercent, validityText } = require('../../shared/coupon-view')
const { errorCode } = require('../../shared/error-text')
const { fill } = require('../../shared/language')
const { clockText, dateText, timeText } = require('../../shared/order-view')
const { leftUntil, serverClock, spread } = require('../../shared/server-clock')

const tickMilliseconds = 500
/** Within these everybody's page asks how many are left, after the moment at which a batch opens. */
const refreshSpread = 6000
/** A claim of the first moments waits up to so long: taps of thousands on the same second come apart. */
const claimSpread = 500
const firstMoments = 2000
const fewLeft = 100

/** What is truth after a refusal, without asking again: everybody who is refused would ask at the same time. */
const stateAfter = { COUPON_SOLD_OUT: 'soldOut', COUPON_BUDGET_EXHAUSTED: 'soldOut', COUPON_PAUSED: 'paused', COUPON_CLOSED: 'closed', COUPON_STOPPED: 'closed' }

Page({
  data: { t: texts(), only: '', tickets: [], loading: true, failed: false, missing: false, busy: '', code: '', nothing: platform.picture('images/empty-coupons.svg'), offline: platform.picture('images/offline.svg') },

  /** `scene` is what a WeChat mini program code carries: the id of the batch alone. */
  onLoad({ batch, scene, ...rest }) {
    this.clock = serverClock()
    this.offers = []
    this.brought = broughtBy(rest)
    this.invitation = ''
    this.setData({ only: batch || decodeURIComponent(scene || '') })
  },

  onShow() {
    platform.setTitle(texts().coupon.title)
    this.setData({ t: texts() })
    this.ticking = setInterval(() => this.tick(), tickMilliseconds)
    this.load()
  },

  onHide() {
    clearInterval(this.ticking)
  },

  onUnload() {
    clearInterval(this.ticking)
    this.gone = true
  },

  async onPullDownRefresh() {
    await this.load()
    platform.endRefresh()
  },

  onShareAppMessage() {
    const { only, tickets, t } = this.data
    if (!only || tickets.length !== 1) return { title: t.coupon.offersTitle, path: '/pages/coupons/coupons' }
    const path = `/pages/coupons/coupons?batch=${only}`
    return { title: fill(t.coupon.inviteTitle, { name: tickets[0].name }), path: this.invitation ? `${path}&invitation=${this.invitation}` : path }
  },

  async load() {
    try {
      const offers = this.data.only ? [await shop.offer(this.data.only)] : await shop.offers()
      offers.forEach((offer) => this.clock.set(offer.now))
      this.offers = inOrder(offers)
      this.words = await couponWords(offers)
      this.setData({ loading: false, failed: false, missing: false })
      this.draw()
      this.readyToInvite()
    } catch (error) {
      const missing = errorCode(error) === 'COUPON_BATCH_NOT_FOUND'
      if (!missing) console.error('the coupons could not be loaded:', error)
      // What is shown stays: it was true a moment ago.
      if (missing || this.offers.length === 0) this.setData({ loading: false, missing, failed: !missing })
    }
  },

  /** Who shares has no time to ask: the invitation is fetched as soon as there can be one. */
  async readyToInvite() {
    if (!this.data.only || this.invitation || !(this.offers[0].mine > 0)) return
    try {
      this.invitation = (await shop.invitation(this.data.only)).invitation
    } catch (error) {
      // What is shared opens the batch all the same.
      console.warn('there is no invitation:', error)
    }
  },

  draw() {
    const now = this.clock.now()
    this.setData({ tickets: this.offers.map((offer) => offerView(offer, this.words, now, this.brought)) })
  },

  /** Lets countdowns run; a batch whose moment has come gets its button at once, without asking anybody. */
  tick() {
    const waiting = this.data.tickets.some((ticket) => ticket.state === 'soon')
    if (!waiting || !this.words) return
    const now = this.clock.now()
    const opened = this.offers.some((offer, place) => this.data.tickets[place].state === 'soon' && stateOf(offer, now) === 'open')
    this.draw()
    if (opened) setTimeout(() => { if (!this.gone) this.load() }, firstMoments + spread(refreshSpread))
  },

  /** The only button of a ticket: claims it, or leads to what was claimed. */
  act(event) {
    const ticket = this.data.tickets.find((each) => each.id === event.currentTarget.dataset.id)
    if (ticket && ticket.claim) return this.claim(this.offers.find((each) => each.id === ticket.id))
    return this.openMine()
  },

  async claim(offer) {
    if (this.data.busy !== '') return
    this.setData({ busy: offer.id })
    try {
      if (this.clock.now() - offer.opensAt < firstMoments) await new Promise((resolve) => setTimeout(resolve, spread(claimSpread)))
      const { repeat } = await shop.claim(offer, this.brought)
      Object.assign(offer, { mine: offer.mine + 1, left: repeat ? offer.left : Math.max(0, offer.left - 1) })
      platform.toast(texts().coupon.claimedToast)
    } catch (error) {
      toastError(error)
      await this.afterRefusal(offer, stateAfter[errorCode(error)])
    }
    this.setData({ busy: '' })
    this.draw()
    this.readyToInvite()
  },

  typeCode(event) {
    this.setData({ code: event.detail.value })
  },

  /** A code says by itself of which batch it is. */
  async claimByCode() {
    const code = this.data.code.trim()
    if (code === '' || this.data.busy !== '') return
    this.setData({ busy: 'code' })
    try {
      await shop.claimByCode(code)
      platform.toast(texts().coupon.claimedToast)
      this.setData({ code: '' })
      await this.load()
    } catch (error) {
      toastError(error)
    }
    this.setData({ busy: '' })
  },

  async afterRefusal(offer, status) {
    if (status) {
      Object.assign(offer, { status }, status === 'soldOut' ? { left: 0 } : {})
      return
    }
    try {
      // A refusal that is about this customer: another phone of theirs has claimed it, say.
      Object.assign(offer, await shop.offer(offer.id))
      this.clock.set(offer.now)
    } catch (error) {
      console.warn(`${offer.id} could not be looked at again:`, error)
    }
  },

  messageAction() {
    if (this.data.failed) this.load()
    else if (this.data.missing) this.openAll()
    else this.openMine()
  },

  openAll() {
    platform.openInstead('/pages/coupons/coupons')
  },

  openMine() {
    platform.open('/pages/my-coupons/my-coupons')
  },
})

function offerView(offer, words, now, brought) {
  const t = texts().coupon
  const state = stateOf(offer, now)
  const view = ticketView(offer, words, { state, note: words.translate(offer.description), validity: validityText(offer.validity, t) })
  if (state === 'soon') return Object.assign(view, countdownView(offer, now))
  const missing = missingProof(offer, brought)
  if (state === 'open' && missing) return Object.assign(view, { stateText: t.needs[missing] })
  if (state === 'open') return Object.assign(view, { claim: offer.mine > 0 ? t.another : t.claim, left: leftText(offer) })
  return Object.assign(view, { stateText: t[state], action: state === 'claimed' ? t.use : '' })
}

function countdownView(offer, now) {
  const t = texts().coupon
  const { days, hours, minutes, seconds } = leftUntil(offer.opensAt, now)
  const time = dateText(now) === dateText(offer.opensAt) ? clockText(offer.opensAt) : timeText(offer.opensAt)
  return { opens: fill(t.opensAt, { time }), days: days > 0 ? fill(t.days, { count: days }) : '', countdown: `${hours}:${minutes}:${seconds}` }
}

function leftText(offer) {
  const t = texts().coupon
  const percent = takenPercent(offer)
  if (offer.left <= fewLeft) return fill(t.left, { count: offer.left })
  return percent === 0 ? '' : fill(t.taken, { percent })
}
