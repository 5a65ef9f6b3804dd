// Samples as they lie on disk, before sizes are chosen: what a folder with captions and tar shards have in common.
import type { PictureSize } from "../format/image_header.ts";

/** What a picture's header says: its sides, or why it cannot be read. */
export type HeaderFinding = PictureSize | string;

/** Pictures with captions, in a fixed order. */
export interface SampleSource {
  /** How many, corrupt ones included. */
  readonly size: number;
  /** Name of a sample; several samples of one name share a picture. */
  name(index: number): string;
  caption(index: number): string;
  /** Where the picture lies, for messages. */
  place(index: number): string;
  /** What is known of the picture without decoding it. */
  header(index: number): HeaderFinding;
  /**
   * The bytes of the picture's file.
   *
   * @throws {StepFailure} when it is no longer there.
   */
  read(index: number): Promise<Uint8Array>;
}
