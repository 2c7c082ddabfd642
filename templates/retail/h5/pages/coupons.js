// What can be claimed now or soon; `#/coupons/<batch>` is one of them, as a QR code or a shared link opens it. What the link carries (`link`,
// `channel`, `invitation`) goes into the claim.
import { couponWords } from '../app/coupon-words.js'
import { h, icon, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { fill, t } from '../app/state.js'
import { ticket } from '../app/ticket.js'
import { bones, message, toast, toastError } from '../app/widgets.js'
import { broughtBy, inOrder, missingProof, stateOf, takenPercent, validityText } from '../shared/coupon-view.js'
import { errorCode } from '../shared/error-text.js'
import { clockText, dateText, timeText } from '../shared/order-view.js'
import { leftUntil, serverClock, spread } from '../shared/server-clock.js'

const tickMilliseconds = 200
/** Within these everybody's page asks how many are left, after the moment at which a batch opens. */
const refreshSpread = 6000
/** A claim of the first moments waits up to so long: taps of thousands on the same second come apart. */
const claimSpread = 500
const firstMoments = 2000
const fewLeft = 100

/** What is truth after a refusal, without asking again: everybody who is refused would ask at the same time. */
const stateAfter = { COUPON_SOLD_OUT: 'soldOut', COUPON_BUDGET_EXHAUSTED: 'soldOut', COUPON_PAUSED: 'paused', COUPON_CLOSED: 'closed', COUPON_STOPPED: 'closed' }

export async function couponsPage({ view, values, query, alive }) {
  replace(view, h('div', { class: 'tickets', 'aria-busy': 'true' }, bones('ticket-bone', 3)))
  const page = { view, alive, only: values.id || '', brought: broughtBy(Object.fromEntries(query)), clock: serverClock(), offers: [], words: null, cards: new Map() }
  await load(page)
  if (!alive()) return
  const ticking = setInterval(() => (alive() ? tick(page) : clearInterval(ticking)), tickMilliseconds)
  watchReturn(page)
}

async function load(page) {
  try {
    page.offers = page.only ? [await shop.offer(page.only)] : await shop.offers()
  } catch (error) {
    if (errorCode(error) !== 'COUPON_BATCH_NOT_FOUND') throw error
    const texts = t().coupon
    if (page.alive()) replace(page.view, message({ picture: 'empty-coupons', title: texts.missing, hint: texts.missingHint, action: { href: '#/coupons', text: texts.allOffers } }))
    return
  }
  page.offers.forEach((offer) => page.clock.set(offer.now))
  page.offers = inOrder(page.offers)
  page.words = await couponWords(page.offers)
  if (page.alive()) draw(page)
}

/** Who comes back to a page that stood in the background sees how things are now. */
function watchReturn(page) {
  const refresh = () => {
    if (!page.alive()) document.removeEventListener('visibilitychange', refresh)
    else if (document.visibilityState === 'visible') reload(page, 0)
  }
  document.addEventListener('visibilitychange', refresh)
}

function reload(page, wait) {
  setTimeout(() => {
    // What is shown stays if the question fails: it was true a moment ago, and the next one may be answered.
    if (page.alive()) load(page).catch((error) => console.warn('the coupons could not be brought up to date:', error))
  }, wait)
}

function draw(page) {
  const texts = t().coupon
  page.cards.clear()
  if (page.offers.length === 0) {
    replace(page.view, message({ picture: 'empty-coupons', title: texts.none, hint: texts.noneHint, action: { href: '#/my-coupons', text: texts.mineTitle } }), codeForm(page))
    return
  }
  const cards = page.offers.map((offer) => {
    const place = h('div', { class: 'ticket-place', 'data-batch': offer.id })
    page.cards.set(offer.id, place)
    drawCard(page, offer)
    return place
  })
  const wantsCode = !page.only || page.offers[0].needs === 'code'
  replace(page.view, h('div', { class: page.only ? 'tickets one' : 'tickets' }, cards), wantsCode ? codeForm(page) : null, h('div', { class: 'ticket-links' },
    page.only ? h('a', { class: 'button quiet', href: '#/coupons' }, texts.allOffers) : null,
    h('a', { class: 'button quiet', href: '#/my-coupons' }, texts.mineTitle)))
}

function drawCard(page, offer) {
  const texts = t().coupon
  const state = stateOf(offer, page.clock.now())
  const place = page.cards.get(offer.id)
  place.dataset.state = state
  replace(place, ticket({
    coupon: offer, words: page.words, state, note: page.words.translate(offer.description), validity: validityText(offer.validity, texts), foot: foot(page, offer, state),
  }))
}

function foot(page, offer, state) {
  const texts = t().coupon
  const share = page.only ? h('button', { class: 'ticket-share', onclick: () => shareLink(offer) }, icon('link', 16), offer.mine > 0 ? texts.invite : texts.share) : null
  if (state === 'soon') return [countdown(offer, page.clock.now()), share]
  if (state !== 'open') {
    const use = state === 'claimed' ? h('a', { class: 'button quiet small', href: '#/my-coupons' }, texts.use) : null
    return [h('span', { class: 'ticket-state' }, texts[state]), share, use]
  }
  const missing = missingProof(offer, page.brought)
  if (missing) return [h('span', { class: 'ticket-state needs' }, texts.needs[missing]), share]
  const button = h('button', { class: 'button small', onclick: () => claim(page, offer, button) }, offer.mine > 0 ? texts.another : texts.claim)
  return [stockLine(offer), share, button]
}

/** How much of it is left: a bar, and the number once it is small. */
function stockLine(offer) {
  const texts = t().coupon
  const percent = takenPercent(offer)
  if (percent === 0 && offer.left > fewLeft) return h('div', { class: 'stock-line' })
  const bar = h('i')
  bar.style.width = `${percent}%`
  return h('div', { class: 'stock-line' }, h('div', { class: 'stock-bar' }, bar), h('small', {}, offer.left <= fewLeft ? fill(texts.left, { count: offer.left }) : fill(texts.taken, { percent })))
}

function countdown(offer, now) {
  const texts = t().coupon
  const sameDay = dateText(now) === dateText(offer.opensAt)
  return h('div', { class: 'countdown', role: 'timer' },
    h('small', {}, fill(texts.opensAt, { time: sameDay ? clockText(offer.opensAt) : timeText(offer.opensAt) })),
    h('div', { class: 'countdown-digits' }, digits(offer, now)))
}

function digits(offer, now) {
  const left = leftUntil(offer.opensAt, now)
  if (!left) return []
  const parts = [left.hours, left.minutes, left.seconds].flatMap((part, place) => (place > 0 ? [h('i', {}, ':'), h('b', {}, part)] : [h('b', {}, part)]))
  if (left.days > 0) parts.unshift(h('span', {}, fill(t().coupon.days, { count: left.days })))
  return parts
}

/** Lets countdowns run; a batch whose moment has come gets its button at once, without asking anybody. */
function tick(page) {
  for (const offer of page.offers) {
    const place = page.cards.get(offer.id)
    if (!place || place.dataset.state !== 'soon') continue
    const now = page.clock.now()
    if (now < offer.opensAt) {
      const shown = place.querySelector('.countdown-digits')
      const parts = digits(offer, now)
      if (parts.map((part) => part.textContent).join('') !== shown.textContent) replace(shown, parts)
      continue
    }
    drawCard(page, offer)
    reload(page, firstMoments + spread(refreshSpread))
  }
}

async function claim(page, offer, button) {
  const texts = t().coupon
  button.disabled = true
  button.textContent = texts.claiming
  try {
    if (page.clock.now() - offer.opensAt < firstMoments) await new Promise((resolve) => setTimeout(resolve, spread(claimSpread)))
    const { repeat } = await shop.claim(offer, page.brought)
    Object.assign(offer, { mine: offer.mine + 1, left: repeat ? offer.left : Math.max(0, offer.left - 1) })
    toast(texts.claimedToast)
  } catch (error) {
    toastError(error)
    const code = errorCode(error)
    if (stateAfter[code]) Object.assign(offer, { status: stateAfter[code] }, stateAfter[code] === 'soldOut' ? { left: 0 } : {})
    else await lookAgain(page, offer)
  }
  if (page.alive() && page.cards.has(offer.id)) drawCard(page, offer)
}

/** How the batch stands for this user, after a refusal that is about them: another tab has claimed it, say. */
async function lookAgain(page, offer) {
  try {
    Object.assign(offer, await shop.offer(offer.id))
    page.clock.set(offer.now)
  } catch (error) {
    console.warn(`${offer.id} could not be looked at again:`, error)
  }
}

/** For who has a code: it says by itself of which batch it is. */
function codeForm(page) {
  const texts = t().coupon
  const field = h('input', { id: 'code', type: 'text', maxlength: 64, placeholder: texts.codeHint, autocomplete: 'off', autocapitalize: 'characters', required: true })
  const button = h('button', { class: 'button small' }, texts.codeClaim)
  const submit = async (event) => {
    event.preventDefault()
    button.disabled = true
    try {
      await shop.claimByCode(field.value.trim())
      field.value = ''
      toast(texts.claimedToast)
      reload(page, 0)
    } catch (error) {
      toastError(error)
    }
    button.disabled = false
  }
  return h('form', { class: 'card code-form', onsubmit: submit }, h('label', { for: 'code' }, texts.codeTitle), field, button)
}

/** The way to this batch, for others; who has a coupon of it invites with it. */
async function shareLink(offer) {
  const texts = t().coupon
  const address = new URL(location.href)
  address.hash = `#/coupons/${offer.id}`
  let told = texts.shared
  try {
    if (offer.mine > 0) {
      const { invitation, invited } = await shop.invitation(offer.id)
      address.hash += `?invitation=${invitation}`
      told = fill(texts.invited, { count: invited })
    }
  } catch (error) {
    toastError(error)
    return
  }
  try {
    await navigator.clipboard.writeText(address.href)
    toast(told)
  } catch (error) {
    // Not every browser gives a page the clipboard: then the link is shown, to be copied by hand.
    console.info('the link could not be copied:', error)
    toast(address.href)
  }
}
