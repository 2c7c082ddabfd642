// Draws the picture of every good into h5/images/goods as SVG: flat shapes, light from the upper left, one soft tint each.
// Run `node scripts/draw-goods.mjs` after changing a drawing; the pictures are committed, so using the shop needs no run of it.
import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { bagel, baguette, croissant, milkLoaf, pineappleBun, saltRoll } from './drawings/breads.mjs'
import { basqueCake, eggTarts, matchaRoll, montBlanc, strawberrySlice } from './drawings/cakes.mjs'
import { blossoms, citrus, coldGlass, foam, grapes, peachWedge, pearls, specks, streaks, takeawayCup } from './drawings/drinks.mjs'
import { cookieTin, giftBox, teaTin } from './drawings/gifts.mjs'
import { leaf, scene, startPicture } from './drawings/scene.mjs'

const narrow = { shadowWidth: 96, ground: 398 }
const wide = { shadowWidth: 168, ground: 396 }

const pictures = {
  'jasmine-milk-tea': () => scene({ tint: '#eaeee1', sun: '#f4f6ec', ...narrow }, takeawayCup({
    layers: [[150, '#f6ecd6'], [300, '#eadbb8']], straw: '#7f9b6a',
    inside: blossoms('#ffffff', '#efd57d', [[196, 184, 10], [278, 196, 12], [286, 330, 9], [204, 336, 11]]),
  })),
  'hojicha-milk': () => scene({ tint: '#efe5da', sun: '#f7efe6', ...narrow }, takeawayCup({
    layers: [[150, '#f3e3cc'], [196, '#d9b58c'], [256, '#b98558'], [324, '#96623a']], straw: '#8a5a36', mark: '#8a5a36',
  })),
  'matcha-cloud': () => scene({ tint: '#e2ebd9', sun: '#eef4e6', ...narrow }, takeawayCup({
    layers: [[140, '#fffaf0'], [182, '#cfdcab'], [232, '#a3bd77'], [312, '#7f9f55']], lid: false, straw: '#5e7f45', mark: '#5e7f45',
    top: foam('#fffaf0', '#eee2cb', specks('#86a45c', 11, [182, 92, 116, 34], 26, 3)),
  })),
  'brown-sugar-pearls': () => scene({ tint: '#efe2d6', sun: '#f8eee4', ...narrow }, takeawayCup({
    layers: [[150, '#f8ead6'], [318, '#e9c9a4']], inside: streaks('#8b5227') + pearls('#3a2118', '#a67c61'), straw: '#5a3620', mark: '#6b3f22',
  })),
  'osmanthus-oolong': () => scene({ tint: '#f6ebcd', sun: '#fcf5df', ...narrow }, takeawayCup({
    layers: [[140, '#fff8e8'], [178, '#efcf92'], [250, '#dba95a'], [322, '#c48a3b']], lid: false, straw: '#b9823a', mark: '#a8752f',
    top: foam('#fff8e8', '#f0e0bd', blossoms('#f2b53c', '#c97f1c', [[206, 112, 6], [252, 100, 7], [286, 116, 6], [230, 128, 5]])),
  })),
  'green-grape-cold-brew': () => scene({ tint: '#e5eed8', sun: '#f1f6e7', ...narrow }, coldGlass({
    from: '#eef3c8', to: '#b9d37a', straw: '#6f9a4e',
    inside: grapes([[206, 346, 27], [262, 350, 28], [234, 306, 26], [284, 304, 22], [198, 288, 20]], '#bddc74', '#8db548'),
    rim: grapes([[150, 372, 24], [126, 384, 18]], '#c6e283', '#8db548') + leaf(140, 352, 44, -60, '#6f9a4e', '#52783a'),
  })),
  'pomelo-spring-tea': () => scene({ tint: '#fae7da', sun: '#fdf2ea', ...narrow }, coldGlass({
    from: '#fbe3c0', to: '#f2a66f', straw: '#d9774d',
    inside: citrus(212, 336, 44, { rind: '#e97b52', pith: '#fdebdd', flesh: '#f4896a', angle: 12 }) + citrus(276, 290, 34, { rind: '#e97b52', pith: '#fdebdd', flesh: '#f4896a', angle: 40 }),
    rim: citrus(166, 118, 42, { rind: '#e97b52', pith: '#fff1e4', flesh: '#f58f70', angle: 22 }),
  })),
  'peach-white-tea': () => scene({ tint: '#fbe4df', sun: '#fef0ec', ...narrow }, coldGlass({
    from: '#fdeadd', to: '#f5b3a0', straw: '#e0806f',
    inside: peachWedge(214, 344, -18, 1.25) + peachWedge(272, 312, 24, 1.1) + peachWedge(232, 286, 160, 0.95),
    rim: peachWedge(310, 116, 62, 1.3) + leaf(300, 92, 40, -70, '#86a872', '#62864f'),
  })),
  'hand-pounded-lemon-tea': () => scene({ tint: '#f5efc9', sun: '#fbf7de', ...narrow }, coldGlass({
    from: '#f3d78a', to: '#b8692d', straw: '#4f7350',
    inside: citrus(210, 338, 42, { rind: '#f0c52f', pith: '#fff8d8', flesh: '#f7dc62', angle: 8 }) + citrus(274, 306, 40, { rind: '#f0c52f', pith: '#fff8d8', flesh: '#f7dc62', angle: 30 }),
    rim: citrus(312, 120, 42, { rind: '#f0c52f', pith: '#fffbe6', flesh: '#f8e070', angle: 15 }),
  })),
  'hibiscus-berry-tea': () => scene({ tint: '#f6dcdd', sun: '#fbebea', ...narrow }, coldGlass({
    from: '#f3a9a4', to: '#a92c45', straw: '#8f2a40',
    inside: grapes([[204, 350, 20], [244, 356, 22], [282, 348, 19], [224, 320, 17], [264, 318, 18]], '#d8475f', '#8d1f36'),
    rim: leaf(158, 112, 50, -48, '#6f9a5d', '#4f7843') + leaf(166, 114, 42, -96, '#86ad70', '#5f8650'),
  })),
  'butter-croissant': () => scene({ tint: '#f5e9d6', sun: '#fbf3e5', ...wide, ground: 378 }, croissant()),
  'sea-salt-roll': () => scene({ tint: '#e4eaea', sun: '#f0f4f3', ...wide, ground: 390 }, saltRoll()),
  'milk-loaf': () => scene({ tint: '#f3e8da', sun: '#faf2e8', ...wide }, milkLoaf()),
  'pineapple-bun': () => scene({ tint: '#f8edcb', sun: '#fdf6e0', ...wide }, pineappleBun()),
  'purple-rice-bagel': () => scene({ tint: '#ebe3ee', sun: '#f5eff6', ...wide }, bagel()),
  'country-baguette': () => scene({ tint: '#eee6da', sun: '#f7f1e8', ...wide, ground: 404, shadowWidth: 150 }, baguette()),
  'basque-cheesecake': () => scene({ tint: '#f1e6da', sun: '#f9f1e7', ...wide, shadowWidth: 140, ground: 400 }, basqueCake()),
  'matcha-roll': () => scene({ tint: '#e6eddb', sun: '#f2f6ea', ...wide }, matchaRoll()),
  'strawberry-shortcake': () => scene({ tint: '#fbe3e2', sun: '#fef0ee', ...wide, ground: 388 }, strawberrySlice()),
  'egg-tarts': () => scene({ tint: '#fbefc9', sun: '#fef7df', ...wide, shadowWidth: 142 }, eggTarts()),
  'chestnut-mont-blanc': () => scene({ tint: '#efe5dc', sun: '#f8f1ea', ...wide, shadowWidth: 136 }, montBlanc()),
  'white-tea-tin': () => scene({ tint: '#dfe9e3', sun: '#edf4ef', ...narrow, shadowWidth: 116 }, teaTin()),
  'tea-and-bakes-box': () => scene({ tint: '#f2e9da', sun: '#faf4ea', ...wide }, giftBox()),
  'butter-cookie-tin': () => scene({ tint: '#e3eaec', sun: '#f0f5f5', ...wide, shadowWidth: 152 }, cookieTin()),
}

const folder = fileURLToPath(new URL('../h5/images/goods/', import.meta.url))
mkdirSync(folder, { recursive: true })
for (const [name, draw] of Object.entries(pictures)) {
  startPicture()
  writeFileSync(`${folder}${name}.svg`, draw())
}
console.log(`${Object.keys(pictures).length} pictures drawn into ${folder}`)
