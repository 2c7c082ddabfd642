// What is carried home: tins and boxes with the shop's mark.
import { gradient, leaf, waves } from './scene.mjs'

export function teaTin() {
  const body = gradient([[0, '#4d7a6b'], [0.35, '#39665a'], [1, '#20443b']])
  const lid = gradient([[0, '#5d8b7b'], [1, '#2a5146']])
  return `<defs>${body.defs}${lid.defs}</defs>
<path d="M150 170 V372 Q150 394 240 394 T330 372 V170Z" fill="${body.paint}"/>
<path d="M150 214 Q240 240 330 214 V332 Q240 358 150 332Z" fill="#f5efe2"/>
${waves(240, 272, 58, '#2f5d50', 4)}
<path d="M214 312 H266 M224 324 H256" stroke="#c8a36a" stroke-width="4" stroke-linecap="round"/>
<path d="M144 128 V170 Q144 190 240 190 T336 170 V128Z" fill="${lid.paint}"/><ellipse cx="240" cy="128" rx="96" ry="26" fill="#6f9c8c"/><ellipse cx="240" cy="126" rx="80" ry="19" fill="#5d8b7b"/>
<path d="M164 154 V180 M164 196 V366" stroke="#fff" stroke-width="8" stroke-linecap="round" opacity=".16"/>
${leaf(336, 392, 62, -24, '#7fa36b', '#5d8251')}${leaf(352, 396, 44, 12, '#93b47c', '#6c9059')}`
}

export function giftBox() {
  const front = gradient([[0, '#f3e6d2'], [1, '#dfc8a6']])
  return `<defs>${front.defs}</defs>
<path d="M96 236 H384 V374 Q384 392 366 392 H114 Q96 392 96 374Z" fill="${front.paint}"/>
<rect x="212" y="236" width="56" height="156" fill="#2f5d50"/><rect x="212" y="236" width="12" height="156" fill="#fff" opacity=".12"/>
<rect x="82" y="186" width="316" height="60" rx="14" fill="#f8eedd"/><rect x="82" y="232" width="316" height="14" rx="7" fill="#7a5a34" opacity=".12"/>
<rect x="206" y="186" width="68" height="60" fill="#39695b"/>
<path d="M240 186 C206 190 158 180 160 148 C162 122 204 128 240 186Z" fill="#2f5d50"/><path d="M240 186 C274 190 322 180 320 148 C318 122 276 128 240 186Z" fill="#39695b"/>
<path d="M236 176 C212 172 182 164 182 152 C184 142 210 148 236 176Z" fill="#1d4037"/><path d="M244 176 C268 172 298 164 298 152 C296 142 270 148 244 176Z" fill="#234b40"/>
<rect x="222" y="168" width="36" height="28" rx="9" fill="#4a7c6d"/>
<circle cx="154" cy="316" r="30" fill="#fffaf0"/>${waves(154, 316, 34, '#2f5d50', 2.8)}`
}

export function cookieTin() {
  const body = gradient([[0, '#c9d6d8'], [0.4, '#aebfc3'], [1, '#83989f']])
  const cookie = (x, y, r, color, chip) => `<circle cx="${x}" cy="${y + 4}" r="${r}" fill="#8d5b2b" opacity=".35"/><circle cx="${x}" cy="${y}" r="${r}" fill="${color}"/><path d="M${x - r * 0.6} ${y - r * 0.35} Q${x - r * 0.2} ${y - r * 0.75} ${x + r * 0.3} ${y - r * 0.66}" stroke="#fff2cf" stroke-width="5" stroke-linecap="round" fill="none" opacity=".7"/><g fill="${chip}"><circle cx="${x - r * 0.3}" cy="${y}" r="5"/><circle cx="${x + r * 0.25}" cy="${y - r * 0.2}" r="6"/><circle cx="${x + r * 0.1}" cy="${y + r * 0.4}" r="4.5"/></g>`
  return `<defs>${body.defs}</defs>
<ellipse cx="240" cy="252" rx="142" ry="50" fill="#71868d"/>
<ellipse cx="240" cy="256" rx="128" ry="42" fill="#f6efe2"/>
${cookie(172, 232, 46, '#e4b26a', '#6a3d20')}${cookie(308, 230, 46, '#d99f57', '#f6e3be')}${cookie(240, 204, 50, '#ebbe7b', '#6a3d20')}${cookie(212, 256, 38, '#9db079', '#fff4dc')}${cookie(276, 258, 38, '#dca862', '#6a3d20')}
<path d="M98 252 C98 280 162 302 240 302 S382 280 382 252 V352 Q382 394 240 394 T98 352Z" fill="${body.paint}"/>
<path d="M98 252 C98 280 162 302 240 302 S382 280 382 252 V262 C382 290 318 312 240 312 S98 290 98 262Z" fill="#fff" opacity=".35"/>
<ellipse cx="240" cy="350" rx="48" ry="26" fill="#fffaf0"/>${waves(240, 350, 42, '#2f5d50', 3)}
<path d="M122 300 V356" stroke="#fff" stroke-width="9" stroke-linecap="round" opacity=".35"/>`
}
