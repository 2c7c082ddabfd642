// One good: picture, story, facts, and into the bag.
import { h, replace } from '../app/dom.js'
import { shop } from '../app/platform.js'
import { go } from '../app/router.js'
import { fill, say, t } from '../app/state.js'
import { addToCart, bone, goodsCard, infoRow, message, picture, price, stepper, tag } from '../app/widgets.js'

const fewLeft = 10

export async function goodsPage({ view, values, alive }) {
  replace(view, h('div', { class: 'goods-detail', 'aria-busy': 'true' }, h('div', { class: 'goods-hero' }, bone('square')), h('div', { class: 'goods-main' }, bone('line title'), bone('line'), bone('line short'), bone('block'))))
  let answer
  try {
    answer = await shop.good(values.id)
  } catch (error) {
    if (error.code !== 'GOODS_NOT_FOUND') throw error
    const texts = t()
    if (alive()) replace(view, message({ picture: 'empty-search', title: texts.goods.missing, hint: texts.goods.missingHint, action: { href: '#/', text: texts.cart.browse } }))
    return
  }
  if (alive()) draw(view, answer)
}

function draw(view, { good, pairs }) {
  const texts = t().goods
  replace(view,
    h('div', { class: 'goods-detail' },
      h('div', { class: 'goods-hero' }, picture(good.picture, say(good.name))),
      h('div', { class: 'goods-main' },
        h('div', { class: 'goods-head' },
          h('div', { class: 'tags' }, good.tags.map(tag)),
          h('h2', {}, say(good.name)),
          h('p', { class: 'note' }, say(good.note)),
          h('div', { class: 'price-row' }, price(good.price, 'large'), h('span', {}, `${fill(texts.sold, { count: good.sales })} · ${stockText(good)}`))),
        h('section', {}, h('h3', {}, texts.story), h('p', { class: 'story' }, say(good.story))),
        h('dl', { class: 'facts' }, infoRow(texts.size, say(good.size)), infoRow(texts.ingredients, say(good.ingredients)), infoRow(texts.keep, say(good.keep))),
        actions(good))),
    pairs.length > 0 ? h('section', { class: 'pairs' }, h('h2', { class: 'section-title' }, texts.pair), h('div', { class: 'grid' }, pairs.map(goodsCard))) : null)
}

function stockText({ stock }) {
  const texts = t().goods
  if (stock <= 0) return texts.soldOut
  return stock <= fewLeft ? fill(texts.left, { count: stock }) : texts.plenty
}

function actions(good) {
  const texts = t().goods
  const bar = h('div', { class: 'action-bar' })
  if (good.stock <= 0) {
    replace(bar, h('button', { class: 'button wide', disabled: true }, texts.soldOut))
    return bar
  }
  const drawBar = (quantity) => replace(bar,
    stepper({ quantity, most: good.stock, onchange: drawBar, name: say(good.name) }),
    h('button', { class: 'button quiet', onclick: () => addToCart(good, quantity) }, texts.add),
    h('button', { class: 'button', onclick: () => go(`confirm?buy=${encodeURIComponent(good._id)}&quantity=${quantity}`) }, texts.buy))
  drawBar(1)
  return bar
}
