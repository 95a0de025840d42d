import type { AddProductRequest, CategoryView } from '@orderstream/contracts';
import { demoPictures } from './demo-pictures.js';

const id = (kind: number, number: number): string => `0194c000-000${kind}-7000-8000-${String(number).padStart(12, '0')}`;

const categories = {
  kitchen: { id: id(1, 1), name: 'Kitchen' },
  lighting: { id: id(1, 2), name: 'Lighting' },
  office: { id: id(1, 3), name: 'Office' },
  outdoor: { id: id(1, 4), name: 'Outdoor' },
  textiles: { id: id(1, 5), name: 'Home textiles' },
  audio: { id: id(1, 6), name: 'Audio' },
} satisfies Record<string, CategoryView>;

export const demoCategories: CategoryView[] = Object.values(categories);

type DemoProduct = AddProductRequest & {
  id: string;
  /** SVG */
  picture: string;
};

const plenty = 1_000;
/** @param number identifies the product, whatever its position in the list: never reused */
const product = (
  number: number,
  name: string,
  cents: number,
  kinds: CategoryView[],
  description: string,
  quantity: number = plenty,
): DemoProduct => ({
  id: id(2, number),
  name,
  description,
  price: { amount: cents, currency: 'EUR' },
  categoryIds: kinds.map((category) => category.id),
  quantity,
  picture: demoPictures[number]!,
});

const { kitchen, lighting, office, outdoor, textiles, audio } = categories;

/** Plenty of stock, except for the last three products by name, which are for selling out. */
export const demoProducts: DemoProduct[] = [
  product(1, 'Alder Desk Organiser', 3490, [office], 'Five compartments of solid alder, oiled. Holds pens, cards and a phone.'),
  product(2, 'Aurora Table Lamp', 5990, [lighting], 'Mouth-blown opal glass on a brass foot; dims in three steps at a touch.'),
  product(3, 'Birch Chopping Board', 2490, [kitchen], 'End-grain birch with a juice groove, 40 × 28 cm.'),
  product(4, 'Cast Iron Skillet 26 cm', 4490, [kitchen], 'Seasoned and ready to use, on every stove and over a fire.'),
  product(5, 'Ceramic Pour-Over Set', 3990, [kitchen], 'Dripper and carafe for two to four cups of coffee, with forty filters.'),
  product(6, 'Cloud Wool Blanket', 8990, [textiles], 'Woven from undyed new wool, 140 × 200 cm.'),
  product(7, 'Compact Bluetooth Speaker', 6990, [audio, outdoor], 'Twelve hours of music on a charge; does not mind the rain.'),
  product(8, 'Cotton Canvas Apron', 2990, [kitchen, textiles], 'Heavy organic cotton with a wide pocket and long ties.'),
  product(9, 'Desk Pad in Cork', 2790, [office], 'A calm surface of natural cork, 80 × 40 cm, wipes clean.'),
  product(10, 'Enamel Camping Mug', 1290, [outdoor, kitchen], 'Holds 350 ml, survives the fall from the table.'),
  product(11, 'Ergonomic Laptop Stand', 4990, [office], 'Aluminium, six heights, folds flat for the bag.'),
  product(12, 'Feather Light Rucksack 22 l', 7990, [outdoor], 'Weighs 480 g, with a rain cover and room for a day.'),
  product(13, 'French Press 1 l', 3290, [kitchen], 'Double-walled steel keeps the coffee hot for an hour.'),
  product(14, 'Garden Lantern with Solar Cell', 2190, [lighting, outdoor], 'Charges by day and glows for eight hours at night.'),
  product(15, 'Hammock for Two', 6490, [outdoor, textiles], 'Hand-woven cotton, carries 200 kg, straps included.'),
  product(16, 'Küchenwaage Präzis', 2990, [kitchen], 'A kitchen scale exact to one gram up to 5 kg, with a timer.'),
  product(17, 'Linen Cushion Cover', 1990, [textiles], 'Washed linen in seven colours, 50 × 50 cm, with a hidden zip.'),
  product(18, 'Monitor Light Bar', 5490, [lighting, office], 'Lights the desk and not the screen; warm to cool by a dial.'),
  product(19, 'Noise Cancelling Headphones', 14990, [audio], 'Thirty hours on a charge, folds into its case, quiet as a library.'),
  product(20, 'Oak Wall Shelf', 5690, [office], 'Two boards of solid oak on black steel, 80 cm wide.'),
  product(21, 'Studio Monitor Pair', 19990, [audio], 'Active two-way speakers with a 5-inch driver for desk and shelf.'),
  product(22, 'Walnut Record Stand', 7490, [audio], 'Shows the record that is playing and keeps sixty more.', 50),
  product(23, 'Yunnan Tea Kettle', 8490, [kitchen], 'Cast iron, enamelled inside, made in a small series.', 25),
  product(24, 'Zenith Floor Lamp', 24990, [lighting], 'A numbered edition: spun aluminium on a marble foot.', 10),
];
