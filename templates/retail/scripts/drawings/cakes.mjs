// The glass case on the counter.
import { clipped, gradient } from './scene.mjs'

/** A burnt cheesecake in its baking paper. */
export function basqueCake() {
  const side = gradient([[0, '#f7dfa8'], [0.6, '#eec57e'], [1, '#cf9650']])
  const top = gradient([[0, '#8a4f2a'], [0.55, '#6b381c'], [1, '#4c2512']])
  return `<defs>${side.defs}${top.defs}</defs>
<path d="M96 214 L112 176 L140 200 L168 164 L204 190 L240 158 L280 190 L312 164 L342 198 L370 176 L384 216 L366 384 Q300 402 240 402 T114 384Z" fill="#e9dcc6"/>
<path d="M96 214 L112 176 L128 384 L114 384Z M168 164 L176 396 L190 398Z M312 164 L304 398 L292 399Z M370 176 L352 388 L366 384Z" fill="#c9b595" opacity=".45"/>
<path d="M118 226 H362 L352 366 Q300 384 240 384 T128 366Z" fill="${side.paint}"/>
<ellipse cx="240" cy="228" rx="122" ry="44" fill="#b87842"/>
<ellipse cx="240" cy="224" rx="120" ry="41" fill="${top.paint}"/>
<path d="M150 216 Q186 192 240 192" stroke="#c98d5c" stroke-width="9" stroke-linecap="round" fill="none" opacity=".65"/>
<ellipse cx="276" cy="232" rx="44" ry="13" fill="#3d1c0d" opacity=".35"/>
<path d="M118 226 C116 262 130 262 134 288 C138 262 150 250 150 252Z" fill="#fff" opacity=".18"/>`
}

/** A rolled sponge seen from its cut end. */
export function matchaRoll() {
  const skin = gradient([[0, '#8ba565'], [1, '#5d7a42']], { x2: 0, y2: 1 })
  const spiral = 'M196 274 m0 -8 c30 -12 52 14 40 42 c-16 34 -66 30 -82 -2 c-18 -42 14 -84 58 -82'
  return `<defs>${skin.defs}</defs>
<path d="M196 170 H300 C352 170 388 220 388 280 C388 340 352 390 300 390 H196Z" fill="${skin.paint}"/>
<path d="M236 182 H300 C330 182 352 198 364 222" stroke="#b5c98f" stroke-width="10" stroke-linecap="round" fill="none" opacity=".6"/>
<ellipse cx="196" cy="280" rx="104" ry="110" fill="#6f8d4f"/>
<ellipse cx="196" cy="280" rx="94" ry="100" fill="#a9c07f"/>
<ellipse cx="196" cy="281" rx="76" ry="82" fill="#fff8e8"/>
<path d="${spiral}" fill="none" stroke="#a9c07f" stroke-width="24" stroke-linecap="round"/>
<path d="M260 170 Q268 160 280 166 Q296 156 306 170 Q300 178 282 177 Q268 180 260 170Z" fill="#fffaf0"/><circle cx="284" cy="156" r="15" fill="#7a3b3f"/><circle cx="308" cy="164" r="12" fill="#8d484b"/><circle cx="279" cy="151" r="4" fill="#d9a6a4" opacity=".8"/>`
}

/** One slice of strawberry shortcake. */
export function strawberrySlice() {
  const layer = (y, height, color) => `<path d="M84 ${y} L330 ${y + 34} L396 ${y - 6} V${y - 6 + height} L330 ${y + 34 + height} L84 ${y + height}Z" fill="${color}"/>`
  const shade = `<path d="M330 244 L396 204 V352 L330 396Z" fill="#7d4a34" opacity=".10"/>`
  const berries = [[140, 296], [204, 306], [268, 314]].map(([x, y]) => `<path d="M${x - 20} ${y + 14} Q${x} ${y - 22} ${x + 20} ${y + 18}Z" fill="#d9475a"/><path d="M${x - 9} ${y + 12} Q${x} ${y - 6} ${x + 9} ${y + 14}Z" fill="#f8b9b4"/>`).join('')
  return `<g transform="translate(0 -4)">${layer(226, 40, '#f6d9a0')}${layer(266, 46, '#fffaf2')}${layer(312, 44, '#f6d9a0')}
<path d="M84 266 L330 300 V346 L84 312Z" fill="#fff4ea"/>${clipped('M84 268 L330 302 V344 L84 310Z', berries)}
<path d="M84 226 L150 178 Q160 172 172 174 L396 204 L330 244Z" fill="#fffdf8"/><path d="M84 226 V240 Q96 252 108 238 Q120 256 136 242 Q152 262 170 246 Q188 266 206 252 Q226 270 244 256 Q262 274 282 262 Q300 280 330 262 V260 L396 222 V200 L330 236Z" fill="#fffdf8"/>${shade}
<path d="M236 206 C200 196 196 150 222 130 C240 118 268 122 280 140 C296 166 280 210 236 206Z" fill="#e0485b"/><path d="M216 150 C220 138 232 132 240 134" stroke="#f7a3a6" stroke-width="7" stroke-linecap="round" fill="none"/>
<path d="M222 132 Q232 112 248 124 Q262 106 272 126 Q290 124 284 142 Q262 134 250 142 Q234 134 222 132Z" fill="#5f8f55"/>
<g fill="#fbd7a0"><ellipse cx="230" cy="168" rx="2.6" ry="4"/><ellipse cx="252" cy="160" rx="2.6" ry="4"/><ellipse cx="270" cy="172" rx="2.6" ry="4"/><ellipse cx="240" cy="188" rx="2.6" ry="4"/><ellipse cx="260" cy="190" rx="2.6" ry="4"/></g></g>`
}

function eggTart(x, y, size, paints) {
  const flutes = Array.from({ length: 9 }, (_, index) => `<path d="M${-84 + index * 21} 6 L${-62 + index * 15.5} 74" stroke="#a9682c" stroke-width="5" opacity=".35" stroke-linecap="round"/>`).join('')
  return `<g transform="translate(${x} ${y}) scale(${size})"><path d="M-100 0 L-70 78 Q-66 88 -52 88 H52 Q66 88 70 78 L100 0Z" fill="${paints.shell}"/>${flutes}
<ellipse cx="0" cy="0" rx="102" ry="38" fill="#e9b466"/><ellipse cx="0" cy="-3" rx="98" ry="34" fill="#f4c97f"/><ellipse cx="0" cy="0" rx="84" ry="27" fill="${paints.custard}"/>
<g fill="#9c5a22" opacity=".75"><ellipse cx="-26" cy="-6" rx="17" ry="6"/><ellipse cx="22" cy="8" rx="22" ry="7"/><ellipse cx="40" cy="-9" rx="9" ry="4"/><ellipse cx="-44" cy="8" rx="8" ry="3.5"/></g><path d="M-60 -10 Q-36 -20 -4 -20" stroke="#fff0b8" stroke-width="6" stroke-linecap="round" fill="none" opacity=".9"/></g>`
}

export function eggTarts() {
  const shell = gradient([[0, '#eec07a'], [0.5, '#dfa257'], [1, '#b9743a']])
  const custard = gradient([[0, '#ffd85e'], [1, '#f2ac36']], { x2: 0, y2: 1 })
  const paints = { shell: shell.paint, custard: custard.paint }
  return `<defs>${shell.defs}${custard.defs}</defs>${eggTart(292, 232, 0.82, paints)}${eggTart(196, 296, 1.08, paints)}`
}

/** Strands of chestnut cream over a tart. */
export function montBlanc() {
  const base = gradient([[0, '#e5b26c'], [1, '#b9743a']])
  const mound = 'M124 340 C124 276 178 196 240 176 C302 196 356 276 356 340Z'
  const strands = [330, 312, 294, 276, 258, 241, 225, 210, 197].map((y, index) => {
    const half = [118, 114, 106, 97, 86, 74, 60, 46, 30][index]
    const lean = index % 2 ? 10 : -10
    return `<path d="M${240 - half} ${y + lean * 0.5} Q240 ${y + 16 + lean * 0.3} ${240 + half} ${y - lean * 0.5}" stroke="${index % 2 ? '#d6ab7a' : '#c59766'}" stroke-width="17" stroke-linecap="round" fill="none"/>`
  }).join('')
  return `<defs>${base.defs}</defs><path d="M106 332 H374 L354 380 Q350 392 336 392 H144 Q130 392 126 380Z" fill="${base.paint}"/>
<g stroke="#8f5a2b" stroke-width="4" opacity=".28" stroke-linecap="round">${[130, 160, 190, 220, 250, 280, 310, 340].map((x) => `<path d="M${x} 346 L${x + (240 - x) * 0.12} 384"/>`).join('')}</g>
<path d="${mound}" fill="#b98a5a"/>${strands}
<path d="M204 190 C204 152 240 128 244 128 C250 128 284 154 280 192 C268 206 216 206 204 190Z" fill="#7a4426"/><path d="M207 184 Q242 198 279 184 L280 192 C268 206 216 206 204 190Z" fill="#d9b083"/><path d="M222 166 Q228 150 240 144" stroke="#bb8560" stroke-width="7" stroke-linecap="round" fill="none"/>
<g fill="#fff" opacity=".8"><circle cx="176" cy="262" r="4"/><circle cx="214" cy="236" r="3.4"/><circle cx="270" cy="246" r="4"/><circle cx="304" cy="284" r="3.6"/><circle cx="240" cy="290" r="3.4"/><circle cx="196" cy="306" r="3.6"/></g>`
}
