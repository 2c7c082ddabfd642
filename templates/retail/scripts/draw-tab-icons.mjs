// Turns four icons of h5/images/icons.svg into the PNG files that the tab bars of both mini programs need (they take no SVG).
// Needs a Chromium: `CHROMIUM=/usr/bin/chromium node scripts/draw-tab-icons.mjs`. The files are committed.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const chromium = process.env.CHROMIUM || 'chromium'
const root = fileURLToPath(new URL('..', import.meta.url))
const size = 81
const looks = [['', '#98a29b', 1.6], ['-on', '#2f5d50', 1.9]]
const sprite = readFileSync(join(root, 'h5/images/icons.svg'), 'utf8')

function svg(name, color, width) {
  const body = sprite.match(new RegExp(`<symbol id="${name}"[^>]*>([\\s\\S]*?)</symbol>`))[1]
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${size}" height="${size}" viewBox="-1.5 -1.5 27 27" fill="none" stroke="${color}" stroke-width="${width}" stroke-linecap="round" stroke-linejoin="round">${body}</svg>`
}

const folder = mkdtempSync(join(tmpdir(), 'tab-icons-'))
try {
  for (const program of ['miniprogram-wechat', 'miniprogram-alipay']) mkdirSync(join(root, program, 'images/tabs'), { recursive: true })
  for (const name of ['home', 'cart', 'orders', 'member']) {
    for (const [suffix, color, width] of looks) {
      const source = join(folder, `${name}${suffix}.svg`)
      const target = join(folder, `${name}${suffix}.png`)
      writeFileSync(source, svg(name, color, width))
      execFileSync(chromium, ['--headless', '--no-sandbox', '--disable-gpu', '--default-background-color=00000000', `--window-size=${size},${size}`, `--screenshot=${target}`, `file://${source}`], { stdio: 'pipe' })
      copyFileSync(target, join(root, `miniprogram-wechat/images/tabs/${name}${suffix}.png`))
      copyFileSync(target, join(root, `miniprogram-alipay/images/tabs/${name}${suffix}.png`))
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}
