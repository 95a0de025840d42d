// Flat still lifes of 320 × 240, with one light from the upper left. The background belongs to the category.

const backgrounds = {
  kitchen: '#E8E2D6',
  lighting: '#F0E4CB',
  office: '#DDE4E1',
  outdoor: '#DAE4D5',
  textiles: '#E9DDDB',
  audio: '#DDDEE8',
};

const still = (background: keyof typeof backgrounds, drawing: string): string =>
  `<svg xmlns="http://www.w3.org/2000/svg" width="1280" height="960" viewBox="0 0 320 240">
<rect width="320" height="240" fill="${backgrounds[background]}"/>${drawing}</svg>`;

/** The shadow that a thing throws on the ground. */
const floor = (x: number, radius: number, y = 196): string =>
  `<ellipse cx="${x}" cy="${y}" rx="${radius}" ry="${radius * 0.09}" fill="#000" opacity=".09"/>`;

/** A grid of dots: every second row is shifted by half a step. */
const dots = (x: number, y: number, columns: number, rows: number, step: number): string =>
  Array.from({ length: columns * rows }, (_, index) => {
    const [column, row] = [index % columns, Math.floor(index / columns)];
    return `<circle cx="${x + column * step + ((row % 2) * step) / 2}" cy="${y + row * step * 0.86}" r="1.5"/>`;
  }).join('');

/** A drawing (SVG) for each demo product, by its number. */
export const demoPictures: Readonly<Record<number, string>> = {
  // desk organiser
  1: still(
    'office',
    `${floor(160, 98)}
      <rect x="118" y="70" width="7" height="72" rx="2" fill="#C2553F"/>
      <path d="M118 70l3.5-10 3.5 10z" fill="#E9C9A6"/>
      <rect x="132" y="60" width="7" height="80" rx="2" fill="#2F4B57"/>
      <path d="M132 60l3.5-10 3.5 10z" fill="#E9C9A6"/>
      <rect x="184" y="82" width="44" height="70" rx="4" fill="#F8F6F0"/>
      <rect x="190" y="90" width="32" height="3" rx="1.5" fill="#CFCBC0"/>
      <rect x="190" y="98" width="22" height="3" rx="1.5" fill="#CFCBC0"/>
      <path d="M72 128h176v60a8 8 0 0 1-8 8H80a8 8 0 0 1-8-8z" fill="#C98F5B"/>
      <path d="M72 128h176v12H72z" fill="#DDA873"/>
      <path d="M152 128h6v68h-6zM206 128h6v68h-6z" fill="#B27A48"/>`,
  ),
  // table lamp
  2: still(
    'lighting',
    `${floor(160, 62)}
      <circle cx="160" cy="96" r="82" fill="#FFF6DC" opacity=".55"/>
      <path d="M98 108a62 62 0 0 1 124 0z" fill="#FFFDF5"/>
      <path d="M98 108a62 62 0 0 1 40-58c-16 14-24 34-24 58z" fill="#FFF" opacity=".9"/>
      <path d="M222 108a62 62 0 0 0-34-55c14 14 18 34 18 55z" fill="#EADFC4"/>
      <rect x="153" y="108" width="14" height="64" fill="#B98A3C"/>
      <rect x="153" y="108" width="5" height="64" fill="#D9AE62"/>
      <path d="M118 196c0-15 18-24 42-24s42 9 42 24z" fill="#B98A3C"/>
      <path d="M118 196c0-15 18-24 42-24-18 3-26 12-27 24z" fill="#D9AE62"/>`,
  ),
  // chopping board
  3: still(
    'kitchen',
    `<g transform="rotate(-12 160 120)"><rect x="78" y="62" width="170" height="122" rx="16" fill="#000" opacity=".08" transform="translate(5 8)"/>
      <rect x="76" y="58" width="170" height="122" rx="16" fill="#E2BE8B"/>
      <path d="M76 92h170M76 118h170M76 146h170" stroke="#CFA56C" stroke-width="2"/>
      <path d="M112 58v122M160 58v122M204 58v122" stroke="#D6AF78" stroke-width="1.5"/>
      <rect x="88" y="70" width="146" height="98" rx="10" fill="none" stroke="#B98B54" stroke-width="3"/>
      <circle cx="226" cy="78" r="9" fill="#E8E2D6"/>
      </g>`,
  ),
  // skillet
  4: still(
    'kitchen',
    `<g transform="rotate(18 150 120)"><ellipse cx="136" cy="130" rx="82" ry="80" fill="#000" opacity=".10"/>
      <rect x="196" y="108" width="104" height="22" rx="11" fill="#2B2C2E"/>
      <circle cx="286" cy="119" r="5" fill="#E8E2D6"/>
      <circle cx="132" cy="120" r="80" fill="#2B2C2E"/>
      <circle cx="132" cy="120" r="68" fill="#3A3C3F"/>
      <path d="M78 84a66 66 0 0 1 60-30" stroke="#585B5F" stroke-width="5" stroke-linecap="round" fill="none"/>
      </g>`,
  ),
  // pour-over set
  5: still(
    'kitchen',
    `${floor(160, 64, 202)}
      <path d="M118 58h84l-26 50h-32z" fill="#F7F4EE"/>
      <path d="M118 58h30l12 50h-16z" fill="#FFF"/>
      <rect x="110" y="50" width="100" height="10" rx="5" fill="#F7F4EE"/>
      <rect x="136" y="108" width="48" height="8" rx="3" fill="#D9D2C4"/>
      <path d="M140 116h40v14c20 8 30 26 30 44 0 16-10 28-26 28h-48c-16 0-26-12-26-28 0-18 10-36 30-44z" fill="#CFE0E4" opacity=".75"/>
      <path d="M113 166h94c2 20-8 36-23 36h-48c-15 0-25-16-23-36z" fill="#6B4226"/>
      <path d="M113 166h94v5h-94z" fill="#8A5A38"/>`,
  ),
  // blanket
  6: still(
    'textiles',
    `${floor(160, 100, 198)}
      <path d="M70 160h180a18 18 0 0 1 0 36H70z" fill="#CDB9B1"/>
      <path d="M250 160a18 18 0 0 0 0 36" fill="none" stroke="#B8A199" stroke-width="3"/>
      <path d="M64 124h182a18 18 0 0 1 0 36H64z" fill="#E4D5CD"/>
      <path d="M70 88h178a18 18 0 0 1 0 36H70z" fill="#F3EAE3"/>
      <path d="M70 88h178a18 18 0 0 1 17 12H70z" fill="#FBF6F1"/>
      <path d="M96 88v108M104 88v108" stroke="#B8857A" stroke-width="4" opacity=".55"/>
      <path d="M64 196l-6 12M76 196l-6 12M88 196l-6 12" stroke="#CDB9B1" stroke-width="3" stroke-linecap="round"/>`,
  ),
  // speaker
  7: still(
    'audio',
    `${floor(160, 82)}
      <rect x="80" y="70" width="160" height="126" rx="26" fill="#39405C"/>
      <rect x="94" y="88" width="132" height="92" rx="16" fill="#2C3248"/>
      <g fill="#525B7E">${dots(104, 98, 15, 9, 8)}
      </g>
      <path d="M122 70c0-26 76-26 76 0" fill="none" stroke="#C98F5B" stroke-width="8" stroke-linecap="round"/>
      <circle cx="212" cy="186" r="3" fill="#8EE0B0"/>`,
  ),
  // apron
  8: still(
    'textiles',
    `<path d="M132 52c0-22 56-22 56 0" fill="none" stroke="#8A5A38" stroke-width="5"/>
      <path d="M128 50h64l6 44c8 6 24 8 32 6l-8 100c-20 6-104 6-124 0l-8-100c8 2 24 0 32-6z" fill="#5E7A8A"/>
      <path d="M128 50h20l-6 152c-18 0-34-1-44-2l-8-100c8 2 24 0 32-6z" fill="#6F8B9A"/>
      <path d="M128 50h64l1 8h-66z" fill="#4C6675"/>
      <path d="M122 128h76v44c0 6-4 10-10 10h-56c-6 0-10-4-10-10z" fill="#54707F"/>
      <path d="M122 128h76v8h-76z" fill="#4C6675"/>
      <path d="M160 136v46" stroke="#4C6675" stroke-width="2"/>
      <path d="M90 106c-18 6-26 22-22 40M230 106c18 6 26 22 22 40" fill="none" stroke="#8A5A38" stroke-width="4" stroke-linecap="round"/>
      <circle cx="133" cy="62" r="3" fill="#D9AE62"/>
      <circle cx="187" cy="62" r="3" fill="#D9AE62"/>`,
  ),
  // desk pad
  9: still(
    'office',
    `<g transform="rotate(-6 160 124)"><rect x="42" y="68" width="240" height="118" rx="10" fill="#000" opacity=".09" transform="translate(4 8)"/>
      <rect x="40" y="62" width="240" height="118" rx="10" fill="#C9A06B"/>
      <rect x="40" y="62" width="240" height="118" rx="10" fill="none" stroke="#B68A55" stroke-width="3"/>
      <g fill="#A97C48" opacity=".55">${dots(58, 78, 17, 8, 13)}
      </g>
      <g fill="#E2C295" opacity=".8">${dots(66, 84, 16, 7, 13)}
      </g>
      <rect x="66" y="86" width="70" height="66" rx="3" fill="#F8F6F0"/>
      <path d="M76 102h48M76 114h50M76 126h34" stroke="#CFCBC0" stroke-width="3" stroke-linecap="round"/>
      <path d="M160 148l58-38 7 10-58 38-12 2z" fill="#31527A"/>
      <path d="M160 148l7 10-12 2z" fill="#E9C9A6"/>
      <circle cx="246" cy="102" r="17" fill="#F4F2EA"/>
      <circle cx="246" cy="102" r="12" fill="#6B4226"/>
      </g>`,
  ),
  // mug
  10: still(
    'outdoor',
    `${floor(152, 70)}
      <path d="M214 104h14a24 24 0 0 1 0 60h-16" fill="none" stroke="#F4F2EA" stroke-width="12"/>
      <path d="M84 84h136l-8 100a14 14 0 0 1-14 12h-92a14 14 0 0 1-14-12z" fill="#F4F2EA"/>
      <path d="M84 84h30l4 112h-12a14 14 0 0 1-14-12z" fill="#FFF"/>
      <rect x="80" y="78" width="144" height="10" rx="5" fill="#31527A"/>
      <path d="M120 150l18-26 14 18 10-12 22 20z" fill="#5C8A66"/>
      <circle cx="176" cy="118" r="7" fill="#E3A33C"/>`,
  ),
  // laptop stand
  11: still(
    'office',
    `${floor(160, 96, 202)}
      <path d="M92 200l56-92h12l-50 92z" fill="#A9AEB3"/>
      <path d="M228 200l-56-92h-12l50 92z" fill="#8F959B"/>
      <rect x="84" y="194" width="152" height="8" rx="4" fill="#8F959B"/>
      <path d="M118 158h84" stroke="#C9CDD1" stroke-width="7" stroke-linecap="round"/>
      <path d="M62 116l196-16 4 9-202 17z" fill="#C9CDD1"/>
      <path d="M70 40h166a8 8 0 0 1 8 8l6 50-184 15-4-65a8 8 0 0 1 8-8z" fill="#39405C"/>
      <path d="M76 48h156l5 42-158 13z" fill="#6E86A8"/>
      <path d="M76 48h78l-66 54-9 1z" fill="#8199BA"/>
      <path d="M64 113l188-16v7l-188 16z" fill="#DDE0E3"/>`,
  ),
  // rucksack
  12: still(
    'outdoor',
    `${floor(160, 70, 206)}
      <path d="M136 54c0-24 48-24 48 0" fill="none" stroke="#2E4A48" stroke-width="8" stroke-linecap="round"/>
      <path d="M104 98c0-36 22-54 56-54s56 18 56 54v84c0 14-10 22-24 22h-64c-14 0-24-8-24-22z" fill="#C2553F"/>
      <path d="M104 98c0-36 22-54 56-54-20 8-30 24-30 54v106h-2c-14 0-24-8-24-22z" fill="#D06B54"/>
      <path d="M104 98c16 12 96 12 112 0v16c-16 12-96 12-112 0z" fill="#A5432F"/>
      <path d="M122 140h76v40c0 8-6 12-12 12h-52c-6 0-12-4-12-12z" fill="#A5432F"/>
      <path d="M122 140h76v10h-76z" fill="#8E3826"/>
      <path d="M160 106v26" stroke="#2E4A48" stroke-width="6"/>
      <rect x="152" y="118" width="16" height="12" rx="3" fill="#D9AE62"/>
      <path d="M104 134c-14 4-16 40-4 50M216 134c14 4 16 40 4 50" fill="none" stroke="#2E4A48" stroke-width="7" stroke-linecap="round"/>`,
  ),
  // French press
  13: still(
    'kitchen',
    `${floor(158, 60, 206)}
      <circle cx="154" cy="36" r="8" fill="#2B2C2E"/>
      <path d="M154 40v24" stroke="#8F959B" stroke-width="5"/>
      <path d="M200 88h16c14 0 20 8 20 20v38c0 12-6 20-20 20h-16" fill="none" stroke="#2B2C2E" stroke-width="11"/>
      <path d="M108 76h92l-4 122a8 8 0 0 1-8 8h-68a8 8 0 0 1-8-8z" fill="#B4B9BE"/>
      <path d="M108 76h24l6 130h-18a8 8 0 0 1-8-8z" fill="#D5D9DC"/>
      <path d="M178 76h22l-4 122a8 8 0 0 1-8 8h-14z" fill="#9AA0A6"/>
      <path d="M102 76c4-16 100-16 104 0z" fill="#8F959B"/>
      <path d="M104 76l-14-10 4 18 12 10z" fill="#C9CDD1"/>
      <path d="M109 100h90M111 176h86" stroke="#8F959B" stroke-width="3"/>`,
  ),
  // lantern
  14: still(
    'outdoor',
    `${floor(160, 54, 206)}
      <circle cx="160" cy="128" r="84" fill="#FFF3C9" opacity=".5"/>
      <path d="M140 52c0-26 40-26 40 0" fill="none" stroke="#33312C" stroke-width="5"/>
      <path d="M112 72l20-22h56l20 22z" fill="#3A3C3F"/>
      <path d="M136 54h48l12 14h-72z" fill="#31527A"/>
      <path d="M148 54l-8 14M160 54v14M172 54l8 14" stroke="#6E86A8" stroke-width="2"/>
      <rect x="118" y="72" width="84" height="120" fill="#FFFDF5" opacity=".75"/>
      <path d="M160 108c14 18 18 28 18 38a18 18 0 0 1-36 0c0-10 4-20 18-38z" fill="#E3A33C"/>
      <path d="M160 128c7 9 9 15 9 20a9 9 0 0 1-18 0c0-5 2-11 9-20z" fill="#FFF3C9"/>
      <path d="M118 72v120M202 72v120M146 72v120M174 72v120" stroke="#33312C" stroke-width="4"/>
      <rect x="108" y="190" width="104" height="14" rx="4" fill="#3A3C3F"/>
      <rect x="108" y="70" width="104" height="7" rx="3" fill="#2B2C2E"/>`,
  ),
  // hammock
  15: still(
    'outdoor',
    `<rect x="34" y="36" width="18" height="172" rx="6" fill="#8A5A38"/>
      <rect x="34" y="36" width="7" height="172" rx="3" fill="#A9744A"/>
      <rect x="268" y="36" width="18" height="172" rx="6" fill="#8A5A38"/>
      <rect x="268" y="36" width="7" height="172" rx="3" fill="#A9744A"/>
      ${floor(160, 104, 206)}
      <path d="M52 70l40 36M52 70l34 22M52 70l46 48M268 70l-40 36M268 70l-34 22M268 70l-46 48" stroke="#D9CDB8" stroke-width="2.5"/>
      <path d="M84 92c40 72 112 72 152 0 4 70-30 96-76 96s-80-26-76-96z" fill="#C2553F"/>
      <path d="M84 92c40 72 112 72 152 0l1 16c-44 70-110 70-154 0z" fill="#F3EAE3"/>
      <path d="M86 124c40 62 108 62 148 0l-3 16c-38 54-104 54-142 0z" fill="#31527A"/>
      <path d="M96 154c34 40 94 40 128 0l-8 14c-28 26-84 26-112 0z" fill="#E3A33C"/>
      <path d="M84 92c40 72 112 72 152 0" fill="none" stroke="#B8A199" stroke-width="4" stroke-linecap="round"/>`,
  ),
  // kitchen scale
  16: still(
    'kitchen',
    `${floor(160, 98, 200)}
      <path d="M112 62h96c0 34-18 54-48 54s-48-20-48-54z" fill="#F7F4EE"/>
      <path d="M112 62h34c0 30 6 48 18 54h-4c-30 0-48-20-48-54z" fill="#FFF"/>
      <ellipse cx="160" cy="62" rx="48" ry="10" fill="#E3D9C4"/>
      <path d="M120 60c8-16 30-22 40-18s32 2 40 18c-20 6-60 6-80 0z" fill="#F8F6F0"/>
      <ellipse cx="160" cy="122" rx="84" ry="14" fill="#C9CDD1"/>
      <ellipse cx="160" cy="118" rx="84" ry="14" fill="#DDE0E3"/>
      <path d="M80 136h160l10 52a10 10 0 0 1-10 10H80a10 10 0 0 1-10-10z" fill="#3A3C3F"/>
      <path d="M80 136h40l-6 62H80a10 10 0 0 1-10-10z" fill="#4A4D51"/>
      <rect x="122" y="152" width="76" height="28" rx="5" fill="#BFD3C6"/>
      <path d="M134 160v13M144 160h10v6h-10v7h10M164 160h10v13h-10zM184 160v13" fill="none" stroke="#2E4A48" stroke-width="3"/>
      <circle cx="216" cy="166" r="6" fill="#8F959B"/>
      <circle cx="100" cy="166" r="6" fill="#8F959B"/>`,
  ),
  // cushion cover
  17: still(
    'textiles',
    `${floor(160, 92, 204)}
      <path d="M74 68c30 12 142 12 172 0 8-2 10 6 8 12-10 34-10 72 0 106 2 8-2 14-10 12-32-12-136-12-168 0-8 2-12-4-10-12 10-34 10-72 0-106-2-6 0-14 8-12z" fill="#8FA3A0"/>
      <path d="M74 68c30 12 142 12 172 0-50 26-120 34-166 116-2 6-4 10-4 14-8 2-12-4-10-12 10-34 10-72 0-106-2-6 0-14 8-12z" fill="#A3B5B2"/>
      <path d="M92 186c38-8 100-8 136 0" fill="none" stroke="#6F8582" stroke-width="3" stroke-dasharray="7 5"/>
      <path d="M108 96c26 6 36 26 34 52M150 92c20 10 26 22 26 42M196 104c-12 10-18 24-18 40" fill="none" stroke="#7C918E" stroke-width="3" stroke-linecap="round" opacity=".7"/>
      <rect x="222" y="180" width="14" height="8" rx="3" fill="#D9AE62"/>`,
  ),
  // light bar
  18: still(
    'lighting',
    `<path d="M84 70L34 206h252L236 70z" fill="#FFF6DC" opacity=".65"/>
      ${floor(160, 60, 214)}
      <rect x="56" y="66" width="208" height="118" rx="8" fill="#2B2C2E"/>
      <rect x="64" y="74" width="192" height="102" rx="3" fill="#39405C"/>
      <path d="M64 74h96l-86 102H64z" fill="#454D6C"/>
      <path d="M148 184h24l4 22h-32z" fill="#8F959B"/>
      <rect x="116" y="204" width="88" height="9" rx="4" fill="#A9AEB3"/>
      <rect x="84" y="50" width="152" height="16" rx="8" fill="#3A3C3F"/>
      <rect x="84" y="50" width="152" height="6" rx="3" fill="#585B5F"/>
      <rect x="92" y="62" width="136" height="5" rx="2.5" fill="#FFF3C9"/>
      <rect x="146" y="46" width="28" height="26" rx="6" fill="#2B2C2E"/>
      <circle cx="248" cy="204" r="14" fill="#3A3C3F"/>
      <circle cx="248" cy="201" r="11" fill="#585B5F"/>`,
  ),
  // headphones
  19: still(
    'audio',
    `${floor(160, 84, 204)}
      <path d="M84 142a76 82 0 0 1 152 0" fill="none" stroke="#2D2F36" stroke-width="13" stroke-linecap="round"/>
      <path d="M92 128a68 72 0 0 1 60-56" fill="none" stroke="#555964" stroke-width="4" stroke-linecap="round"/>
      <rect x="70" y="128" width="42" height="72" rx="20" fill="#3C3F49"/>
      <rect x="208" y="128" width="42" height="72" rx="20" fill="#3C3F49"/>
      <rect x="98" y="134" width="16" height="60" rx="8" fill="#C7A27C"/>
      <rect x="206" y="134" width="16" height="60" rx="8" fill="#C7A27C"/>
      <path d="M78 146v34" stroke="#666A76" stroke-width="4" stroke-linecap="round"/>`,
  ),
  // wall shelf
  20: still(
    'office',
    `<rect x="52" y="88" width="216" height="14" rx="3" fill="#C79A63"/>
      <rect x="52" y="98" width="216" height="5" fill="#A97C48"/>
      <rect x="52" y="170" width="216" height="14" rx="3" fill="#C79A63"/>
      <rect x="52" y="180" width="216" height="5" fill="#A97C48"/>
      <path d="M74 40v160M246 40v160" stroke="#2B2C2E" stroke-width="5" stroke-linecap="round"/>
      <rect x="92" y="48" width="14" height="40" fill="#31527A"/>
      <rect x="108" y="54" width="12" height="34" fill="#C2553F"/>
      <rect x="122" y="44" width="16" height="44" fill="#E3D9C4"/>
      <path d="M140 88l10-36 12 3-10 33z" fill="#5C8A66"/>
      <path d="M196 88c-4-18 6-26 14-26s18 8 14 26z" fill="#F4F2EA"/>
      <path d="M210 62c-2-12 4-22 12-24-1 10-4 18-12 24zM210 62c0-10-6-18-14-18 2 8 6 14 14 18z" fill="#4F7A57"/>
      <circle cx="120" cy="152" r="18" fill="#D9AE62"/>
      <rect x="190" y="142" width="38" height="28" rx="3" fill="#39405C"/>`,
  ),
  // studio monitors
  21: still(
    'audio',
    `${floor(98, 56, 206)}
      ${floor(222, 56, 206)}
      <rect x="50" y="48" width="96" height="156" rx="8" fill="#2D2F36"/>
      <rect x="50" y="48" width="12" height="156" rx="6" fill="#3C3F49"/>
      <circle cx="98" cy="86" r="18" fill="#454954"/>
      <circle cx="98" cy="86" r="9" fill="#C7A27C"/>
      <circle cx="98" cy="148" r="36" fill="#454954"/>
      <circle cx="98" cy="148" r="29" fill="#23252B"/>
      <circle cx="98" cy="148" r="11" fill="#C7A27C"/>
      <path d="M76 132a27 27 0 0 1 20-11" stroke="#666A76" stroke-width="3" fill="none" stroke-linecap="round"/>
      <rect x="174" y="48" width="96" height="156" rx="8" fill="#2D2F36"/>
      <rect x="174" y="48" width="12" height="156" rx="6" fill="#3C3F49"/>
      <circle cx="222" cy="86" r="18" fill="#454954"/>
      <circle cx="222" cy="86" r="9" fill="#C7A27C"/>
      <circle cx="222" cy="148" r="36" fill="#454954"/>
      <circle cx="222" cy="148" r="29" fill="#23252B"/>
      <circle cx="222" cy="148" r="11" fill="#C7A27C"/>
      <path d="M200 132a27 27 0 0 1 20-11" stroke="#666A76" stroke-width="3" fill="none" stroke-linecap="round"/>
      <circle cx="130" cy="194" r="3" fill="#8EE0B0"/>
      <circle cx="254" cy="194" r="3" fill="#8EE0B0"/>`,
  ),
  // record stand
  22: still(
    'audio',
    `${floor(160, 96, 208)}
      <circle cx="168" cy="82" r="54" fill="#23252B"/>
      <circle cx="168" cy="82" r="42" fill="none" stroke="#454954" stroke-width="2"/>
      <circle cx="168" cy="82" r="32" fill="none" stroke="#454954" stroke-width="2"/>
      <circle cx="168" cy="82" r="18" fill="#C2553F"/>
      <circle cx="168" cy="82" r="4" fill="#DDDEE8"/>
      <path d="M92 62h104v86H92z" fill="#E3A33C"/>
      <circle cx="144" cy="105" r="26" fill="#C2553F"/>
      <path d="M92 62h104v86h-8V70H92z" fill="#000" opacity=".08"/>
      <path d="M66 136h188v16H66z" fill="#7A5236"/>
      <path d="M66 136h188v5H66z" fill="#946848"/>
      <path d="M74 152h12v54H74zM234 152h12v54h-12z" fill="#6B4226"/>
      <path d="M96 152h10v44H96zM110 152h8v44h-8zM122 152h12v44h-12zM138 152h8v44h-8zM150 152h10v44h-10zM164 152h8v44h-8zM176 152h12v44h-12zM192 152h8v44h-8zM204 152h10v44h-10zM218 152h8v44h-8z" fill="#31527A"/>
      <path d="M110 152h8v44h-8zM150 152h10v44h-10zM192 152h8v44h-8z" fill="#F4F2EA"/>
      <path d="M122 152h12v44h-12zM204 152h10v44h-10z" fill="#5C8A66"/>
      <path d="M164 152h8v44h-8z" fill="#C2553F"/>
      <path d="M66 196h188v10H66z" fill="#7A5236"/>`,
  ),
  // tea kettle
  23: still(
    'kitchen',
    `${floor(156, 82, 200)}
      <path d="M100 92c10-52 102-52 112 0" fill="none" stroke="#8A5A38" stroke-width="9" stroke-linecap="round"/>
      <path d="M212 128l42-26 10 12-40 44z" fill="#2E4A48"/>
      <path d="M78 150c0-36 34-58 78-58s78 22 78 58c0 32-28 50-78 50s-78-18-78-50z" fill="#34524F"/>
      <path d="M92 140c4-24 26-38 54-40" fill="none" stroke="#5C807B" stroke-width="5" stroke-linecap="round"/>
      <ellipse cx="156" cy="94" rx="40" ry="9" fill="#2A4341"/>
      <circle cx="156" cy="82" r="8" fill="#8A5A38"/>
      <path d="M84 166c40 10 104 10 144 0" stroke="#2A4341" stroke-width="2" fill="none" opacity=".6"/>`,
  ),
  // floor lamp
  24: still(
    'lighting',
    `${floor(172, 54, 214)}
      <circle cx="122" cy="82" r="70" fill="#FFF6DC" opacity=".6"/>
      <path d="M172 208V62c0-26-34-30-44-14" fill="none" stroke="#33312C" stroke-width="5"/>
      <path d="M84 86a38 38 0 0 1 76 0z" fill="#D4D0C6"/>
      <path d="M84 86a38 38 0 0 1 24-35c-8 10-11 22-11 35z" fill="#EEEBE3"/>
      <rect x="84" y="84" width="76" height="5" rx="2.5" fill="#FFF3C9"/>
      <path d="M138 214a34 12 0 0 1 68 0z" fill="#F2F0EA"/>
      <path d="M146 210c10-5 22-3 30-6" stroke="#C9C5BB" stroke-width="2" fill="none"/>`,
  ),
};
