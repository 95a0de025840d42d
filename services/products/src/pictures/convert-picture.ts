import { createHash } from 'node:crypto';
import { limiter } from '@orderstream/async';
import { Invalid } from '@orderstream/contracts';
import { HttpRefusal } from '@orderstream/http';
import sharp from 'sharp';

/** The widths that pictures are shown in, in pixels. */
export const widths = [320, 640, 1280] as const;
export type Width = (typeof widths)[number];

/** A picture as it is shown: WebP in each width, never wider than the original. Its hash is that of the widest. */
export type Picture = { hash: string; width: number; height: number; sizes: { width: Width; content: Buffer }[] };

export const maxBytes = 2 * 1_048_576;
export const mediaTypes = ['image/png', 'image/jpeg', 'image/webp', 'image/avif'];

/** A small file can be a large picture: 25 megapixels take 100 MB while they are converted. */
const maxPixels = 25_000_000;
const maxSide = 10_000;

// One picture is converted at a time, by one thread beside the event loop, and nothing is kept afterwards.
sharp.concurrency(1);
sharp.cache(false);
const oneAtATime = limiter(1, { mostWaiting: 20 });

export const pictureMissing = (): Invalid => new Invalid('picture-missing', 'The body of the request has to be a picture');
export const pictureBroken = (cause?: unknown): Invalid => new Invalid('picture-broken', 'The picture cannot be read', {}, { cause });
export const pictureTypeUnknown = (): HttpRefusal =>
  new HttpRefusal(415, 'picture-type-unsupported', 'The content has to be a PNG, JPEG, WebP or AVIF picture');
export const pictureTooLarge = (): HttpRefusal =>
  new HttpRefusal(413, 'picture-too-large', `A picture may have ${maxPixels / 1e6} megapixels, and ${maxSide} pixels a side`);

/** By the first bytes. Nothing else reaches the decoders, which know many more formats. */
const isPicture = (bytes: Buffer): boolean => {
  const text = bytes.toString('latin1', 0, 64);
  return (
    text.startsWith('\x89PNG\r\n\x1a\n') ||
    text.startsWith('\xff\xd8\xff') ||
    /^RIFF.{4}WEBP/s.test(text) ||
    /^.{4}ftyp(avif|avis|(mif1|miaf|msf1).*?(avif|avis))/s.test(text)
  );
};

/**
 * Checks a picture by its content, and converts it without its metadata, turned as they say.
 *
 * @throws Invalid or HttpRefusal for what is no such picture, Unavailable while too many wait
 */
export const convertPicture = async (bytes: Buffer): Promise<Picture> => {
  if (bytes.length === 0) throw pictureMissing();
  if (!isPicture(bytes)) throw pictureTypeUnknown();
  return oneAtATime(async () => {
    try {
      const { width, height } = await sharp(bytes, { limitInputPixels: false }).metadata(); // only the header is read
      if (width * height > maxPixels || Math.max(width, height) > maxSide) throw pictureTooLarge();
      return await convert(bytes);
    } catch (error) {
      throw error instanceof HttpRefusal ? error : pictureBroken(error);
    }
  });
};

/** Converts a picture of our own, such as a drawing in SVG. */
export const convertDrawing = (svg: string): Promise<Picture> => oneAtATime(() => convert(Buffer.from(svg)));

const convert = async (bytes: Buffer): Promise<Picture> => {
  const { data, info } = await sharp(bytes, { limitInputPixels: maxPixels })
    .autoOrient()
    .resize({ width: Math.max(...widths), withoutEnlargement: true })
    .toColourspace('srgb')
    .raw()
    .toBuffer({ resolveWithObject: true });
  const { width, height, channels } = info;
  const sizes: Picture['sizes'] = [];
  for (const asked of widths) {
    const resized = sharp(data, { raw: { width, height, channels } }).resize({ width: asked, withoutEnlargement: true });
    sizes.push({ width: asked, content: await resized.webp({ quality: 82, effort: 2 }).toBuffer() });
  }
  return { hash: createHash('sha256').update(sizes.at(-1)!.content).digest('hex').slice(0, 32), width, height, sizes };
};
