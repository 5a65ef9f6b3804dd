// The frame of every page of the dashboard: its navigation, whether it is live, and what a browser may do with it.
import { type Markup, markup } from "../report/markup.ts";
import { document } from "../report/page.ts";
import { PAGE_SCRIPT } from "../report/page_script.ts";
import { LIVE_SCRIPT } from "./page_script.ts";
import { LIVE_STYLE } from "./page_style.ts";

/** Parts of a live page. */
export interface LiveParts {
  readonly title: string;
  /** Links beside the one to all runs; null where there are none. */
  readonly links: Markup | null;
  readonly main: Markup;
  /** Address of the stream that tells of changes; null for a page that stays as it is. */
  readonly events: string | null;
}

/** A whole page. */
export function liveDocument(
  { title, links, main, events }: LiveParts,
): string {
  return document({
    title,
    navigation: markup`<a class="home" href="/">All runs</a>${links}${
      events === null
        ? null
        : markup`<span id="live" role="status" data-events="${events}">connecting</span>`
    }`,
    main,
    scripts: events === null ? [] : [PAGE_SCRIPT, LIVE_SCRIPT],
    style: LIVE_STYLE,
    policy:
      "img-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'",
  });
}
