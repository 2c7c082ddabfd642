// Milk teas in takeaway cups, fresh teas in tall glasses.
import { clipped, gradient, scatter, waves } from './scene.mjs'

const cupShape = 'M160 138 H320 L301 374 Q299 394 279 394 H201 Q181 394 179 374 Z'

/** A clear takeaway cup. `layers` are drawn from the top down: [y, color]; `inside` is drawn over them, `top` over the rim. */
export function takeawayCup({ layers, inside = '', top = '', straw = '#2f5d50', label = '#fffdf8', mark = '#2f5d50', lid = true }) {
  const fill = layers.map(([y, color], index) => wavyLayer(y, color, index)).join('')
  const shine = gradient([[0, '#ffffff'], [1, '#ffffff']])
  return `<defs>${shine.defs}</defs>
<g transform="rotate(9 262 60)"><rect x="256" y="34" width="15" height="120" rx="7" fill="${straw}"/><rect x="259" y="38" width="4" height="112" rx="2" fill="#fff" opacity=".28"/></g>
${top}
<path d="${cupShape}" fill="#ffffff" opacity=".55"/>
${clipped(cupShape, `${fill}${inside}<path d="M285 138 H330 L300 400 H262 Z" fill="#4a3626" opacity=".07"/><path d="M172 150 h16 l12 228 h-14 Z" fill="#fff" opacity=".35"/>`)}
<circle cx="240" cy="268" r="38" fill="${label}"/>${waves(240, 268, 42, mark)}
${lid ? lidShape() : ''}`
}

function wavyLayer(y, color, index) {
  const swing = index === 0 ? 0 : 9
  return `<path d="M150 ${y} q45 ${-swing} 90 0 t90 0 V420 H150Z" fill="${color}"/>`
}

function lidShape() {
  return `<path d="M170 118 Q172 104 188 104 H292 Q308 104 310 118 Z" fill="#fff" opacity=".72"/>
<rect x="150" y="116" width="180" height="24" rx="11" fill="#fffdfa"/><rect x="150" y="129" width="180" height="11" rx="5.5" fill="#5b4a3a" opacity=".08"/>`
}

/** Whipped foam that stands above the rim. */
export function foam(color, shade, dust = '') {
  return `<path d="M158 142 C150 116 170 98 192 102 C198 78 232 70 248 86 C268 74 296 84 298 104 C318 104 330 122 322 142 Z" fill="${color}"/>
<path d="M178 132 C190 118 208 120 214 130 M232 122 C246 108 266 112 270 126" stroke="${shade}" stroke-width="5" stroke-linecap="round" fill="none"/>${dust}`
}

export function pearls(color, shine) {
  const spots = [[198, 376], [220, 380], [243, 378], [266, 380], [286, 374], [208, 358], [231, 360], [254, 359], [277, 357], [219, 340], [265, 339]]
  return spots.map(([x, y]) => `<circle cx="${x}" cy="${y}" r="12" fill="${color}"/><circle cx="${x - 4}" cy="${y - 4}" r="3" fill="${shine}" opacity=".6"/>`).join('')
}

export function streaks(color) {
  return `<g fill="none" stroke="${color}" stroke-linecap="round" opacity=".75"><path d="M176 170 q14 40 2 84 q-8 40 12 84" stroke-width="13"/><path d="M212 160 q-10 40 4 70" stroke-width="9"/><path d="M300 168 q-16 50 -6 96 q6 40 -10 70" stroke-width="13"/><path d="M268 164 q10 26 0 50" stroke-width="8"/></g>`
}

export function blossoms(color, heart, spots) {
  return spots.map(([x, y, size]) => {
    const petals = [0, 72, 144, 216, 288].map((angle) => `<ellipse cx="0" cy="${-size}" rx="${size * 0.62}" ry="${size * 0.86}" transform="rotate(${angle})" fill="${color}"/>`).join('')
    return `<g transform="translate(${x} ${y})">${petals}<circle r="${size * 0.45}" fill="${heart}"/></g>`
  }).join('')
}

export function specks(color, seed, box, count, size) {
  const next = scatter(seed)
  return Array.from({ length: count }, () => {
    const x = Math.round(box[0] + next() * box[2])
    const y = Math.round(box[1] + next() * box[3])
    return `<circle cx="${x}" cy="${y}" r="${(size * (0.6 + next() * 0.6)).toFixed(1)}" fill="${color}"/>`
  }).join('')
}

const glassShape = 'M166 112 H314 L304 372 Q303 394 281 394 H199 Q177 394 176 372 Z'
const drinkShape = 'M171 158 H309 L300 368 Q299 384 279 384 H201 Q181 384 180 368 Z'

/** A tall glass with ice; `from` and `to` are the colours of the drink at its surface and at its bottom. */
export function coldGlass({ from, to, inside = '', rim = '', ice = true, straw }) {
  const drink = gradient([[0, from], [0.55, to], [1, to]], { x2: 0, y2: 1 })
  const pipe = straw ? `<g transform="rotate(11 270 70)"><rect x="262" y="52" width="11" height="250" rx="5.5" fill="${straw}"/></g>` : ''
  return `<defs>${drink.defs}</defs>${pipe}
<path d="${glassShape}" fill="#fff" opacity=".5"/>
${clipped(drinkShape, `<rect x="150" y="150" width="180" height="250" fill="${drink.paint}"/>${inside}${ice ? iceCubes() : ''}<path d="M288 140h40v260h-52z" fill="#3f2a1c" opacity=".06"/>`)}
<path d="M171 158 H309" stroke="#fff" stroke-width="4" opacity=".6"/>
<path d="M184 128 L194 366" stroke="#fff" stroke-width="9" stroke-linecap="round" opacity=".55"/>
<path d="M203 130 L206 190" stroke="#fff" stroke-width="5" stroke-linecap="round" opacity=".45"/>${rim}`
}

function iceCubes() {
  const cube = (x, y, angle, size) => `<g transform="translate(${x} ${y}) rotate(${angle})"><rect x="${-size / 2}" y="${-size / 2}" width="${size}" height="${size}" rx="9" fill="#fff" opacity=".42"/><path d="M${-size / 2 + 9} ${-size / 2 + 8} h${size * 0.4}" stroke="#fff" stroke-width="4" stroke-linecap="round" opacity=".8"/></g>`
  return cube(214, 182, -14, 46) + cube(268, 176, 12, 44) + cube(244, 222, 28, 40)
}

export function citrus(x, y, radius, { rind, pith, flesh, angle = 0 }) {
  const wedges = Array.from({ length: 8 }, (_, index) => {
    const from = (index * 45 + 4) * Math.PI / 180
    const to = (index * 45 + 41) * Math.PI / 180
    const at = (a, r) => `${(Math.cos(a) * r).toFixed(1)} ${(Math.sin(a) * r).toFixed(1)}`
    return `<path d="M${at((from + to) / 2, radius * 0.1)} L${at(from, radius * 0.72)} Q${at((from + to) / 2, radius * 0.84)} ${at(to, radius * 0.72)}Z" fill="${flesh}" stroke="${flesh}" stroke-width="2" stroke-linejoin="round"/>`
  }).join('')
  return `<g transform="translate(${x} ${y}) rotate(${angle})"><circle r="${radius}" fill="${rind}"/><circle r="${(radius * 0.89).toFixed(1)}" fill="${pith}"/>${wedges}</g>`
}

export function grapes(spots, color, shade) {
  return spots.map(([x, y, r]) => `<circle cx="${x}" cy="${y}" r="${r}" fill="${shade}"/><circle cx="${x - r * 0.12}" cy="${y - r * 0.12}" r="${(r * 0.86).toFixed(1)}" fill="${color}"/><ellipse cx="${x - r * 0.36}" cy="${y - r * 0.42}" rx="${(r * 0.26).toFixed(1)}" ry="${(r * 0.16).toFixed(1)}" transform="rotate(-35 ${x - r * 0.36} ${y - r * 0.42})" fill="#fff" opacity=".75"/>`).join('')
}

export function peachWedge(x, y, angle, size) {
  return `<g transform="translate(${x} ${y}) rotate(${angle}) scale(${size})"><path d="M-34 0 A34 34 0 0 1 34 0 Q0 16 -34 0Z" fill="#f0896f"/><path d="M-30 0 A30 30 0 0 1 30 0 Q0 13 -30 0Z" fill="#fbb08a"/><path d="M-12 3 A13 13 0 0 1 12 3 Q0 8 -12 3Z" fill="#d8604e"/></g>`
}
