// Keeps the copies that the three clients need equal to their sources:
//   shared/*.js              → miniprogram-wechat/shared, miniprogram-alipay/shared (as they are), h5/shared (as ES modules)
//   miniprogram-wechat/pages, /common and /components → the same in miniprogram-alipay (WXML → AXML, WXSS → ACSS, page titles)
//   h5/images/icons.svg      → one file an icon for the mini programs
//   the client SDK           → miniprogram-*/sampan.js
// `node scripts/sync-copies.mjs` writes them; with --check it only says which are out of date and exits 1.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (path) => readFileSync(join(root, path), 'utf8')
const list = (path, pattern) => readdirSync(join(root, path), { recursive: true }).filter((name) => pattern.test(name)).sort()

export function asModule(source) {
  return source
    .replace(/const (\{[^}]*\}) = require\('(\.[^']*)'\)/g, "import $1 from '$2.js'")
    .replace(/^module\.exports = /m, 'export ')
}

export function asAxml(wxml) {
  return wxml
    .replace(/\bwx:/g, 'a:')
    .replace(/\.wxml"/g, '.axml"')
    .replace(/\b(bind|catch):?(tap|input|confirm|submit)=/g, (_, kind, name) => `${kind === 'bind' ? 'on' : 'catch'}${name[0].toUpperCase()}${name.slice(1)}=`)
}

export function asAlipayPage(json) {
  const page = JSON.parse(json)
  if ('navigationBarTitleText' in page) {
    page.defaultTitle = page.navigationBarTitleText
    delete page.navigationBarTitleText
  }
  if ('enablePullDownRefresh' in page) {
    page.pullRefresh = page.enablePullDownRefresh
    delete page.enablePullDownRefresh
  }
  return `${JSON.stringify(page, null, 2)}\n`
}

/** Each symbol of the sprite as a picture of its own, in the shop's green. */
function iconFiles() {
  const symbols = [...read('h5/images/icons.svg').matchAll(/<symbol id="([^"]+)"[^>]*>([\s\S]*?)<\/symbol>/g)]
  return symbols.map(([, id, body]) => [`${id}.svg`,
    `<svg xmlns="http://www.w3.org/2000/svg" width="48" height="48" viewBox="0 0 24 24" fill="none" stroke="#2f5d50" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round">${body.trim()}</svg>\n`])
}

function alipayCopy(path) {
  const source = read(`miniprogram-wechat/${path}`)
  const target = `miniprogram-alipay/${path.replace(/wxml$/, 'axml').replace(/wxss$/, 'acss')}`
  if (path.endsWith('.wxml')) return [target, asAxml(source)]
  if (path.endsWith('.json')) return [target, asAlipayPage(source)]
  return [target, source]
}

export function wantedCopies() {
  const copies = []
  for (const name of list('shared', /\.js$/)) {
    const source = read(`shared/${name}`)
    copies.push([`miniprogram-wechat/shared/${name}`, source], [`miniprogram-alipay/shared/${name}`, source], [`h5/shared/${name}`, asModule(source)])
  }
  for (const folder of ['pages', 'common', 'components']) {
    for (const name of list(`miniprogram-wechat/${folder}`, /\.(js|json|wxml|wxss)$/)) copies.push(alipayCopy(`${folder}/${name}`))
  }
  copies.push(['miniprogram-alipay/app.acss', read('miniprogram-wechat/app.wxss')])
  for (const [name, svg] of iconFiles()) {
    copies.push([`miniprogram-wechat/images/icons/${name}`, svg], [`miniprogram-alipay/images/icons/${name}`, svg])
  }
  const sdk = '../../sdk/client/sampan.js'
  if (existsSync(join(root, sdk))) copies.push(['miniprogram-wechat/sampan.js', read(sdk)], ['miniprogram-alipay/sampan.js', read(sdk)])
  return copies
}

export function outdatedCopies() {
  return wantedCopies().filter(([path, text]) => !existsSync(join(root, path)) || read(path) !== text)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const outdated = outdatedCopies()
  if (process.argv.includes('--check')) {
    outdated.forEach(([path]) => console.error(`out of date: ${path}`))
    if (outdated.length > 0) process.exitCode = 1
  } else {
    for (const [path, text] of outdated) {
      mkdirSync(dirname(join(root, path)), { recursive: true })
      writeFileSync(join(root, path), text)
      console.log(`written: ${path}`)
    }
  }
}
