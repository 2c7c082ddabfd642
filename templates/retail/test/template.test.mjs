// Keeps the parts of the template in agreement: copies, catalogues, seeds, pictures, pages. Run: node --test templates/retail/test/
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { asAxml, asModule, outdatedCopies } from '../scripts/sync-copies.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const require = createRequire(import.meta.url)
const { zh } = require('../shared/catalogue-zh.js')
const { en } = require('../shared/catalogue-en.js')
const read = (path) => readFileSync(join(root, path), 'utf8')
const json = (path) => JSON.parse(read(path))
const lines = (path) => read(path).trim().split('\n').map((line) => JSON.parse(line))
const files = (folder, pattern) => readdirSync(join(root, folder), { recursive: true }).filter((name) => pattern.test(name)).map((name) => join(folder, name)).sort()

function keysOf(object, prefix = '') {
  return Object.entries(object).flatMap(([key, value]) => (typeof value === 'object' ? keysOf(value, `${prefix}${key}.`) : [`${prefix}${key}`])).sort()
}

function textAt(catalogue, key) {
  return key.split('.').reduce((object, name) => (object === undefined ? undefined : object[name]), catalogue)
}

test('the copies of all clients equal their sources', () => {
  assert.deepEqual(outdatedCopies().map(([path]) => path), [])
})

test('a source becomes a module and an AXML page', () => {
  assert.equal(asModule("const { a } = require('./x')\nmodule.exports = { b }\n"), "import { a } from './x.js'\nexport { b }\n")
  assert.equal(asAxml('<view wx:if="{{a}}" bindtap="b" catchtap="c" /><import src="x.wxml" />'), '<view a:if="{{a}}" onTap="b" catchTap="c" /><import src="x.axml" />')
})

test('both catalogues have the same keys and the same values to fill in', () => {
  assert.deepEqual(keysOf(en), keysOf(zh))
  const marks = (text) => [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name).sort()
  for (const key of keysOf(zh)) assert.deepEqual(marks(textAt(en, key)), marks(textAt(zh, key)), key)
})

test('every string that a mini program page names is in the catalogue', () => {
  for (const path of files('miniprogram-wechat', /\.wxml$/)) {
    for (const [, key] of read(path).matchAll(/\bt\.(\w+(?:\.\w+)*)/g)) assert.notEqual(textAt(zh, key), undefined, `${path}: t.${key}`)
  }
})

test('every tap in a mini program page has its handler', () => {
  for (const path of files('miniprogram-wechat/pages', /\.wxml$/)) {
    const script = read(path.replace(/wxml$/, 'js'))
    const imported = [...read(path).matchAll(/<import src="\.\.\/\.\.\/(common\/[^"]+)"/g)].map(([, name]) => read(`miniprogram-wechat/${name}`))
    const used = [read(path), ...imported].join('')
    for (const [, name] of used.matchAll(/(?:bind|catch)(?:tap|input|confirm)="(\w+)"/g)) assert.match(script, new RegExp(`^  (?:async )?${name}\\(`, 'm'), `${path}: ${name}`)
  }
})

test('every page and tab of both mini programs exists', () => {
  for (const [program, markup] of [['miniprogram-wechat', 'wxml'], ['miniprogram-alipay', 'axml']]) {
    const app = json(`${program}/app.json`)
    for (const page of app.pages) for (const kind of ['js', 'json', markup]) assert.ok(existsSync(join(root, program, `${page}.${kind}`)), `${program}/${page}.${kind}`)
    for (const tab of app.tabBar.list || app.tabBar.items) {
      assert.ok(app.pages.includes(tab.pagePath), tab.pagePath)
      for (const picture of [tab.iconPath || tab.icon, tab.selectedIconPath || tab.activeIcon]) assert.ok(existsSync(join(root, program, picture)), picture)
    }
    for (const path of files(program, new RegExp(`\\.${markup}$`))) {
      for (const [, picture] of read(path).matchAll(/src="(\/images\/[^"{]+)"/g)) assert.ok(existsSync(join(root, program, picture)), `${path}: ${picture}`)
    }
  }
})

test('both platforms offer the pages the same names', () => {
  const names = (path) => [...read(path).split('module.exports = {')[1].matchAll(/^  (\w+):/gm)].map(([, name]) => name).sort()
  assert.deepEqual(names('miniprogram-alipay/platform.js'), names('miniprogram-wechat/platform.js'))
})

test('the page works under a strict content security policy: nothing inline', () => {
  const page = read('h5/index.html')
  assert.doesNotMatch(page, /<script(?![^>]*\bsrc=)/)
  assert.doesNotMatch(page, /<style|\sstyle=|\son\w+=/)
  for (const path of files('h5', /\.js$/)) assert.doesNotMatch(read(path), /innerHTML|insertAdjacentHTML|\beval\(|setAttribute\('style'|\bstyle: /, path)
})

test('seeds: goods are complete, priced in whole fen, and have their picture', () => {
  const goods = lines('seed/goods.jsonl')
  const categories = lines('seed/categories.jsonl').map((category) => category._id)
  assert.equal(goods.length, 24)
  assert.equal(new Set(goods.map((good) => good._id)).size, goods.length)
  for (const good of goods) {
    for (const field of ['name', 'note', 'story', 'ingredients', 'size', 'keep']) assert.ok(good[field].zh && good[field].en, `${good._id}.${field}`)
    for (const field of ['price', 'stock', 'sales', 'sort']) assert.ok(Number.isInteger(good[field]) && good[field] >= 0, `${good._id}.${field}`)
    assert.ok(categories.includes(good.category), `${good._id}: ${good.category}`)
    assert.ok(existsSync(join(root, 'h5', good.picture)), good.picture)
    for (const tag of good.tags) assert.ok(zh.tags[tag], `${good._id}: ${tag}`)
  }
})

test('seeds: every collection that code or seeds use is declared, and customers can write none of them', () => {
  const declared = json('seed/collections.json')
  const names = declared.map((collection) => collection.name)
  const used = [...files('cloudfunctions', /\.js$/), ...files('shared', /\.js$/)].flatMap((path) => [...read(path).matchAll(/collection\('(\w+)'\)/g)].map(([, name]) => name))
  for (const name of [...used, ...files('seed', /\.jsonl$/).map((path) => path.replace(/^seed\/|\.jsonl$/g, ''))]) assert.ok(names.includes(name), name)
  for (const { name, permission } of declared) assert.match(permission, /^ADMIN(WRITE|ONLY)$/, name)
})

test('every cloud function has its code, its package and a readable configuration', () => {
  for (const name of readdirSync(join(root, 'cloudfunctions'))) {
    assert.equal(json(`cloudfunctions/${name}/package.json`).name, name)
    const main = read(`cloudfunctions/${name}/index.js`)
    assert.match(main, /^exports\.main = /m)
    const [[, sdk]] = main.matchAll(/require\('((?:wx-server-sdk)|(?:@alipay\/faas-server-sdk))'\)/g)
    assert.ok(json(`cloudfunctions/${name}/package.json`).dependencies[sdk], `${name}: ${sdk}`)
    for (const trigger of json(`cloudfunctions/${name}/config.json`).triggers || []) assert.equal(trigger.config.split(' ').length, 7, `${name}: ${trigger.config}`)
  }
})

test('all scripts parse', () => {
  const commonJS = ['cloudfunctions', 'shared', 'miniprogram-wechat', 'miniprogram-alipay'].flatMap((folder) => files(folder, /\.js$/))
  for (const path of commonJS) execFileSync(process.execPath, ['--check', join(root, path)])
  for (const path of files('h5', /\.js$/)) execFileSync(process.execPath, ['--input-type=module', '--check'], { input: read(path) })
})

test('cart: quantities stay within limits and problems are named', () => {
  const cart = require('../shared/cart.js')
  let bag = cart.withMore([], 'a', 2)
  bag = cart.withMore(bag, 'b', 1)
  bag = cart.withMore(bag, 'a', 50)
  assert.deepEqual(bag, [{ id: 'b', quantity: 1 }, { id: 'a', quantity: cart.mostOfOne }])
  const shown = cart.priced(bag, [{ _id: 'a', price: 150, stock: 3 }])
  assert.deepEqual(shown.rows.map((row) => row.problem), ['gone', 'short'])
  assert.equal(shown.ready, false)
  assert.equal(shown.total, 150 * cart.mostOfOne)
  assert.deepEqual(cart.withQuantity(bag, 'a', 0), [{ id: 'b', quantity: 1 }])
  assert.deepEqual(cart.restored([{ id: 'a', quantity: 2 }, { id: 3 }, null, { id: 'b', quantity: -1 }]), [{ id: 'a', quantity: 2 }])
  assert.deepEqual(cart.restored('rubbish'), [])
})

test('money and language', () => {
  const { yuan } = require('../shared/money.js')
  const { fill, inLanguage, languageFor } = require('../shared/language.js')
  const { errorText } = require('../shared/error-text.js')
  assert.deepEqual([0, 5, 1800, 1850, 123456].map(yuan), ['0', '0.05', '18', '18.50', '1234.56'])
  assert.deepEqual(['zh_CN', 'zh-Hans', 'en', 'fr', undefined].map(languageFor), ['zh', 'zh', 'en', 'en', 'zh'])
  assert.equal(fill('{a} of {b}', { a: 1 }), '1 of {b}')
  assert.equal(inLanguage({ zh: '茶' }, 'en'), '茶')
  assert.equal(errorText({ code: 'OUT_OF_STOCK', details: { name: { zh: '茶', en: 'Tea' }, left: 2 } }, 'en'), 'Only 2 of “Tea” left')
  assert.equal(errorText(new Error('x'), 'en'), en.errors.UNKNOWN)
})

test('the shop is open by China’s clock', () => {
  const { isOpen } = require('../shared/order-view.js')
  const shop = { opens: '08:00', closes: '21:00' }
  assert.deepEqual(['2026-11-23T00:00:00Z', '2026-11-22T23:59:00Z', '2026-11-23T12:59:00Z', '2026-11-23T13:00:00Z'].map((at) => isOpen(shop, new Date(at))), [true, false, true, false])
})

test('the report counts days from midnight to midnight in China', () => {
  const { boundsOf, dayBefore } = require('../cloudfunctions/daily-report/china-day.js')
  assert.equal(dayBefore(new Date('2026-11-23T01:00:00Z')), '2026-11-22')
  assert.equal(dayBefore(new Date('2026-11-22T17:00:00Z')), '2026-11-22')
  assert.deepEqual(boundsOf('2026-11-22'), { from: new Date('2026-11-21T16:00:00Z'), to: new Date('2026-11-22T16:00:00Z') })
  assert.equal(boundsOf('2026-02-30'), null)
  assert.equal(boundsOf('yesterday'), null)
})

test('seeds: coupons are for goods that the shop has, and are told in both languages', () => {
  const categories = lines('seed/categories.jsonl').map((category) => category._id)
  const goods = lines('seed/goods.jsonl').map((good) => good._id)
  const texts = lines('seed/coupon_texts.jsonl')
  const samples = json('seed/coupons.json')
  assert.ok(samples.length >= 3 && samples.some((sample) => sample.opensAfterMinutes > 0))
  for (const { id, batch } of samples) {
    assert.match(id, /^cpb-[a-z-]+$/)
    const { scope = {} } = batch
    for (const each of scope.goods || []) assert.ok(goods.includes(each), `${id}: ${each}`)
    for (const each of scope.categories || []) assert.ok(categories.includes(each), `${id}: ${each}`)
    for (const text of [batch.name, batch.description]) assert.ok(texts.some(({ zh: known, en: other }) => known === text && other), `${id}: ${text}`)
  }
})
