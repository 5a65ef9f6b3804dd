// Pickles, which PyTorch saves weights as by itself: told by their names or first bytes, and never read.

/** Why a pickle is not read. */
export const PICKLE_REASON =
  "it is a pickle, which can run any program when it is read";

/** The way out. */
export const PICKLE_HINT =
  "Name the .safetensors files, or write one in Python with safetensors.torch.save_file; optimizer states start anew";

const PICKLED = /\.(pt|pth|bin|ckpt|pkl)(\.bck)?$/i;

/** Whether a file is called as pickles are. */
export function isPickleName(path: string): boolean {
  return PICKLED.test(path);
}

/** Whether a file that is no safetensors file is a pickle: by its name, or as a zip archive or a stream of a protocol from 2 to 5 begins. */
export async function isPickle(path: string): Promise<boolean> {
  if (isPickleName(path)) return true;
  using file = await Deno.open(path, { read: true });
  const first = new Uint8Array(4);
  if (await file.read(first) !== first.length) return false;
  const isZip = String.fromCharCode(...first) === "PK\x03\x04";
  return isZip || (first[0] === 0x80 && first[1]! >= 2 && first[1]! <= 5);
}
