// What comes out of the oven in the morning.
import { clipped, gradient, scatter } from './scene.mjs'

const crust = () => gradient([[0, '#eebd78'], [0.45, '#dd9a4c'], [1, '#b9702c']], { x1: 0.2, y1: 0, x2: 0.8, y2: 1 })

/** Segments rolled along an arc, the middle one on top. */
export function croissant() {
  const paint = crust()
  const order = [-3, 3, -2, 2, -1, 1, 0]
  const segments = order.map((place) => {
    const angle = place * 24
    const radians = (angle - 90) * Math.PI / 180
    const x = 240 + Math.cos(radians) * 128
    const y = 382 + Math.sin(radians) * 116
    const rx = [50, 47, 42, 31][Math.abs(place)]
    const ry = [78, 71, 60, 52][Math.abs(place)]
    const ridges = Math.abs(place) === 3 ? '' : `<path d="M${-rx * 0.42} ${-ry * 0.62} Q${-rx * 0.62} 0 ${-rx * 0.36} ${ry * 0.66} M${rx * 0.1} ${-ry * 0.74} Q${-rx * 0.1} 0 ${rx * 0.08} ${ry * 0.76}" stroke="#f6d296" stroke-width="5" stroke-linecap="round" fill="none" opacity=".75"/>`
    return `<g transform="translate(${x.toFixed(1)} ${y.toFixed(1)}) rotate(${angle})"><ellipse cx="${place > 0 ? -5 : 5}" cy="3" rx="${rx + 1}" ry="${ry + 1}" fill="#8f5420" opacity=".35"/><ellipse rx="${rx}" ry="${ry}" fill="${paint.paint}"/>${ridges}</g>`
  }).join('')
  return `<defs>${paint.defs}</defs><g transform="translate(0 -6)">${segments}</g>`
}

/** A straight butter roll with flakes of salt. */
export function saltRoll() {
  const paint = crust()
  const widths = [[-118, 34, 38], [118, 34, 38], [-80, 44, 62], [80, 44, 62], [-40, 48, 80], [40, 48, 80], [0, 52, 90]]
  const rolls = widths.map(([dx, rx, ry]) => `<g transform="translate(${240 + dx} ${300 - (90 - Math.abs(dx)) * 0.06}) rotate(${dx * 0.09})"><ellipse cx="${dx > 0 ? -6 : 6}" cy="2" rx="${rx}" ry="${ry}" fill="#8f5420" opacity=".3"/><ellipse rx="${rx}" ry="${ry}" fill="${paint.paint}"/><path d="M${-rx * 0.4} ${-ry * 0.6} Q${-rx * 0.64} 0 ${-rx * 0.4} ${ry * 0.6}" stroke="#f8d9a2" stroke-width="6" stroke-linecap="round" fill="none" opacity=".7"/></g>`).join('')
  const next = scatter(41)
  const salt = Array.from({ length: 22 }, () => {
    const x = 150 + next() * 180
    const y = 226 + Math.abs(x - 240) * 0.22 + next() * 44
    return `<rect x="${x.toFixed(0)}" y="${y.toFixed(0)}" width="8" height="8" rx="2" fill="#fffaf0" transform="rotate(${(next() * 90).toFixed(0)} ${x.toFixed(0)} ${y.toFixed(0)})"/>`
  }).join('')
  return `<defs>${paint.defs}</defs><g transform="translate(0 6)">${rolls}${salt}</g>`
}

/** A loaf of milk bread: three hills and a soft cut face. */
export function milkLoaf() {
  const paint = crust()
  const side = gradient([[0, '#dd9a4c'], [1, '#b06a2a']])
  const face = 'M112 220 C96 160 150 138 186 150 C222 138 276 160 260 220 V372 Q260 390 242 390 H130 Q112 390 112 372Z'
  return `<defs>${paint.defs}${side.defs}</defs>
<path d="M180 150 C196 112 250 112 268 132 C286 108 336 110 350 138 C382 132 398 170 384 212 V370 Q384 390 364 390 H236 Z" fill="${side.paint}"/>
<path d="M196 150 C210 122 250 124 264 142 M284 138 C298 118 334 122 344 146" stroke="#f2c684" stroke-width="8" stroke-linecap="round" fill="none" opacity=".75"/>
<path d="M268 146 C262 170 262 190 266 214 M352 150 C344 172 346 190 350 212" stroke="#8f5420" stroke-width="5" stroke-linecap="round" fill="none" opacity=".25"/>
<path d="${face}" fill="${paint.paint}"/>
<path d="M128 222 C116 176 158 156 186 168 C214 156 256 176 244 222 V364 Q244 374 234 374 H138 Q128 374 128 364Z" fill="#fff3da"/>
<g fill="#f0d9ae" opacity=".8"><ellipse cx="160" cy="226" rx="9" ry="5"/><ellipse cx="204" cy="212" rx="6" ry="4"/><ellipse cx="218" cy="266" rx="9" ry="5"/><ellipse cx="158" cy="296" rx="7" ry="4"/><ellipse cx="194" cy="328" rx="10" ry="5"/><ellipse cx="154" cy="346" rx="6" ry="3.5"/><ellipse cx="186" cy="258" rx="5" ry="3"/></g>`
}

/** The crackled bun that has no pineapple in it, with its slab of cold butter. */
export function pineappleBun() {
  const base = gradient([[0, '#f0c27e'], [1, '#c8823c']])
  const top = gradient([[0, '#f9dd8f'], [0.6, '#eebb55'], [1, '#d6933a']], { x1: 0.2, y1: 0, x2: 0.8, y2: 1 })
  const dome = 'M92 304 C92 214 160 168 240 168 C320 168 388 214 388 304 C388 320 372 322 360 314 C344 328 322 326 310 316 C294 330 268 330 254 318 C238 330 212 330 198 318 C182 330 156 328 144 316 C126 328 92 326 92 304Z'
  const lines = []
  for (let offset = -260; offset <= 300; offset += 46) {
    lines.push(`M${90 + offset} 340 Q${200 + offset} 260 ${260 + offset} 150`, `M${390 - offset} 340 Q${280 - offset} 260 ${220 - offset} 150`)
  }
  return `<defs>${base.defs}${top.defs}</defs>
<path d="M98 300 H382 C390 350 356 392 300 392 H180 C124 392 90 350 98 300Z" fill="${base.paint}"/>
<path d="M96 318 Q240 350 384 318 L380 336 Q240 366 100 336Z" fill="#fff6d6"/><path d="M262 336 L352 326 L356 344 Q310 354 264 354Z" fill="#ffe79a"/>
<path d="${dome}" fill="${top.paint}"/>
${clipped(dome, `<path d="${lines.join(' ')}" stroke="#c98a35" stroke-width="5" stroke-linecap="round" fill="none" opacity=".55"/><path d="M124 262 Q150 200 220 184" stroke="#fff3c4" stroke-width="14" stroke-linecap="round" fill="none" opacity=".6"/>`)}`
}

/** A ring of purple rice dough. */
export function bagel() {
  const paint = gradient([[0, '#a58bb0'], [0.5, '#83658f'], [1, '#5c4369']], { x1: 0.15, y1: 0, x2: 0.85, y2: 1 })
  const next = scatter(7)
  const seeds = Array.from({ length: 46 }, () => {
    const angle = next() * Math.PI * 2
    const reach = 0.62 + next() * 0.26
    const x = 240 + Math.cos(angle) * 150 * reach
    const y = 288 + Math.sin(angle) * 104 * reach - 6
    return `<ellipse cx="${x.toFixed(0)}" cy="${y.toFixed(0)}" rx="6" ry="3.2" transform="rotate(${(next() * 180).toFixed(0)} ${x.toFixed(0)} ${y.toFixed(0)})" fill="${next() > 0.4 ? '#f4e6cf' : '#3c2a46'}" opacity=".9"/>`
  }).join('')
  return `<defs>${paint.defs}</defs>
<path d="M90 288 a150 104 0 0 0 300 0 V296 a150 98 0 0 1 -300 0Z" fill="#4d3759"/>
<ellipse cx="240" cy="288" rx="150" ry="104" fill="${paint.paint}"/>
<path d="M122 262 Q150 206 222 198" stroke="#cdb7d4" stroke-width="16" stroke-linecap="round" fill="none" opacity=".55"/>
${seeds}
<ellipse cx="240" cy="280" rx="54" ry="34" fill="#4b3556"/><path d="M187 284 a54 34 0 0 0 106 0 q-10 20 -53 20 t-53 -20Z" fill="#9a7fa6"/>
<ellipse cx="240" cy="274" rx="44" ry="22" fill="#e9e3ec" opacity=".25"/>`
}

/** A long loaf with five cuts. */
export function baguette() {
  const paint = crust()
  const cuts = [-132, -70, -8, 54, 116].map((x) => `<g transform="translate(${x} 0) rotate(18)"><path d="M0 -44 Q38 -6 22 42 Q-10 8 0 -44Z" fill="#f7e0b4"/><path d="M0 -44 Q-10 8 22 42" stroke="#a8642a" stroke-width="4" fill="none" stroke-linecap="round" opacity=".5"/></g>`).join('')
  return `<defs>${paint.defs}</defs><g transform="translate(240 276) rotate(-32)"><rect x="-196" y="-58" width="392" height="116" rx="58" fill="#9a5c26" opacity=".28" transform="translate(4 8)"/><rect x="-196" y="-58" width="392" height="116" rx="58" fill="${paint.paint}"/>${cuts}<path d="M-168 -30 Q-20 -60 140 -38" stroke="#f9dfae" stroke-width="7" stroke-linecap="round" fill="none" opacity=".5"/></g>`
}
