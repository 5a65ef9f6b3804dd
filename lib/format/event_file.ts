// TensorBoard's event files: protobuf messages (tensorflow/core/util/event.proto, framework/summary.proto) in TFRecord frames.
import crc32c from "crc-32/crc32c.js";
import Pbf from "pbf";
import { joinedBytes } from "./joined_bytes.ts";

/** What one event shows. */
export type EventContent =
  | { readonly kind: "scalar"; readonly tag: string; readonly value: number }
  | {
    readonly kind: "picture";
    readonly tag: string;
    readonly png: Uint8Array;
    readonly width: number;
    readonly height: number;
  }
  | { readonly kind: "text"; readonly tag: string; readonly text: string };

/** One event. */
export interface StepEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  /** Updates made. */
  readonly step: number;
  readonly contents: readonly EventContent[];
}

/** `SessionLog.START`. */
const SESSION_START = 1;
/** `DT_STRING`. */
const STRING_TYPE = 7;
const RGB = 3;

/**
 * The bytes of a whole file. Its head tells a TensorBoard that is looking on that all points come anew, so that a file that
 * takes the place of another never doubles a curve.
 */
export function eventFileBytes(
  events: readonly StepEvent[],
): Uint8Array<ArrayBuffer> {
  const wallTime = events[0]?.wallTime ?? 0;
  const head = [
    eventBytes(
      wallTime,
      0,
      (event) => event.writeStringField(3, "brain.Event:2"),
    ),
    eventBytes(
      wallTime,
      0,
      (event) =>
        event.writeMessage(
          7,
          (_, log) => log.writeVarintField(1, SESSION_START),
          null,
        ),
    ),
  ];
  return joinedBytes([...head, ...events.map(summaryBytes)].map(framed));
}

/** The bytes of events that follow those in a file. */
export function moreEventBytes(
  events: readonly StepEvent[],
): Uint8Array<ArrayBuffer> {
  return joinedBytes(events.map(summaryBytes).map(framed));
}

function summaryBytes({ wallTime, step, contents }: StepEvent): Uint8Array {
  return eventBytes(
    wallTime,
    step,
    (event) => event.writeMessage(5, writeSummary, contents),
  );
}

function eventBytes(
  wallTime: number,
  step: number,
  writeContent: (event: Pbf) => void,
): Uint8Array {
  const event = new Pbf();
  event.writeDoubleField(1, wallTime);
  event.writeVarintField(2, step);
  writeContent(event);
  return event.finish();
}

function writeSummary(
  contents: readonly EventContent[],
  summary?: Pbf,
): void {
  for (const content of contents) {
    summary!.writeMessage(1, writeValue, content);
  }
}

function writeValue(content: EventContent, value?: Pbf): void {
  value!.writeStringField(1, content.tag);
  switch (content.kind) {
    case "scalar":
      value!.writeFloatField(2, content.value);
      break;
    case "picture":
      value!.writeMessage(4, ({ png, width, height }, image) => {
        image!.writeVarintField(1, height);
        image!.writeVarintField(2, width);
        image!.writeVarintField(3, RGB);
        image!.writeBytesField(4, png);
      }, content);
      break;
    case "text":
      value!.writeMessage(8, ({ text }, tensor) => {
        tensor!.writeVarintField(1, STRING_TYPE);
        tensor!.writeStringField(8, text);
      }, content);
      value!.writeMessage(
        9,
        (_, metadata) =>
          metadata!.writeMessage(
            1,
            (_, plugin) => plugin!.writeStringField(1, "text"),
            null,
          ),
        null,
      );
      break;
    default:
      content satisfies never;
  }
}

/** Length, its checksum, the message, its checksum; all little-endian. */
function framed(message: Uint8Array): Uint8Array {
  const record = new Uint8Array(message.length + 16);
  const view = new DataView(record.buffer);
  view.setBigUint64(0, BigInt(message.length), true);
  view.setUint32(8, maskedChecksum(record.subarray(0, 8)), true);
  record.set(message, 12);
  view.setUint32(12 + message.length, maskedChecksum(message), true);
  return record;
}

/** CRC-32C, rotated and shifted: a checksum of data that holds checksums would otherwise be weak. */
function maskedChecksum(bytes: Uint8Array): number {
  const sum = crc32c.buf(bytes) >>> 0;
  return (((sum >>> 15) | (sum << 17)) + 0xa282ead8) >>> 0;
}
