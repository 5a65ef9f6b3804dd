// A real Chromium without a window, driven over its own protocol: pages, keys, screenshots, media.
import type { OutsideProgram } from "./outside_program.ts";

/** What tests of pages need. */
export const CHROMIUM: OutsideProgram = {
  name: "Chromium",
  how: "apt-get install chromium",
  probe: ["chromium", "--version"],
};

const FLAGS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  "--hide-scrollbars",
  "--remote-debugging-port=0",
];

type Answer = Readonly<Record<string, unknown>>;

/** One page in a browser of its own; disposing it ends the browser. */
export class BrowserPage implements AsyncDisposable {
  readonly #browser: Deno.ChildProcess;
  readonly #profile: string;
  readonly #socket: WebSocket;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  /** What the page logged and threw, and what it was refused. */
  readonly complaints: string[] = [];
  #session: string | undefined;
  #last = 0;

  static async open(): Promise<BrowserPage> {
    const profile = await Deno.makeTempDir();
    const browser = new Deno.Command("chromium", {
      args: [...FLAGS, `--user-data-dir=${profile}`, "about:blank"],
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const address = await listeningAddress(browser.stderr);
    const socket = new WebSocket(address);
    await new Promise((resolve, reject) => {
      socket.onopen = resolve;
      socket.onerror = reject;
    });
    const page = new BrowserPage(browser, profile, socket);
    const target = await page.send("Target.createTarget", {
      url: "about:blank",
    });
    const attached = await page.send("Target.attachToTarget", {
      targetId: target["targetId"],
      flatten: true,
    });
    page.#session = String(attached["sessionId"]);
    for (const domain of ["Page", "Runtime", "Log", "Network"]) {
      await page.send(`${domain}.enable`);
    }
    return page;
  }

  private constructor(
    browser: Deno.ChildProcess,
    profile: string,
    socket: WebSocket,
  ) {
    this.#browser = browser;
    this.#profile = profile;
    this.#socket = socket;
    socket.onmessage = ({ data }) => this.#hear(JSON.parse(String(data)));
  }

  /** One command of the browser's protocol. */
  async send(
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ): Promise<Answer> {
    const id = ++this.#last;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    this.#waiting.set(id, resolve);
    const session = this.#session === undefined
      ? {}
      : { sessionId: this.#session };
    this.#socket.send(JSON.stringify({ id, method, params, ...session }));
    const answer = await promise;
    if ("error" in answer) {
      throw new Error(`${method}: ${JSON.stringify(answer["error"])}`);
    }
    return answer["result"] as Answer;
  }

  /** Opens an address and waits for everything that it loads. */
  async goTo(url: string): Promise<void> {
    await this.send("Page.navigate", { url });
    await this.until(
      `location.href !== "about:blank" && document.readyState === "complete"`,
    );
  }

  /** The value of an expression in the page. */
  async evaluate(expression: string): Promise<unknown> {
    const { result, exceptionDetails } = await this.send("Runtime.evaluate", {
      expression,
      awaitPromise: true,
      returnByValue: true,
    }) as { result: { value?: unknown }; exceptionDetails?: unknown };
    if (exceptionDetails !== undefined) {
      throw new Error(`${expression}: ${JSON.stringify(exceptionDetails)}`);
    }
    return result.value;
  }

  /** Waits until an expression in the page is true. */
  async until(expression: string, limitMs = 60_000): Promise<void> {
    const start = performance.now();
    while (await this.evaluate(expression).catch(() => false) !== true) {
      if (performance.now() - start > limitMs) {
        throw new Error(`It did not come true in ${limitMs} ms: ${expression}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** Presses one key, such as `ArrowLeft`. */
  async press(key: string, code: number): Promise<void> {
    for (const type of ["keyDown", "keyUp"]) {
      await this.send("Input.dispatchKeyEvent", {
        type,
        key,
        windowsVirtualKeyCode: code,
      });
    }
  }

  /** The width of the window, and the colours and medium that it asks for. */
  async look(
    width: number,
    { scheme = "light", media = "" }: {
      readonly scheme?: "light" | "dark";
      readonly media?: "" | "print";
    } = {},
  ): Promise<void> {
    await this.send("Emulation.setDeviceMetricsOverride", {
      width,
      height: 900,
      deviceScaleFactor: 1,
      mobile: width < 600,
    });
    await this.send("Emulation.setEmulatedMedia", {
      media,
      features: [{ name: "prefers-color-scheme", value: scheme }],
    });
  }

  /** The whole page as PNG. */
  async screenshot(): Promise<Uint8Array> {
    const { data } = await this.send("Page.captureScreenshot", {
      captureBeyondViewport: true,
    });
    return Uint8Array.from(atob(String(data)), (one) => one.charCodeAt(0));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#session = undefined;
    await this.send("Browser.close");
    this.#socket.close();
    await this.#browser.status;
    await Deno.remove(this.#profile, { recursive: true });
  }

  #hear(message: Answer): void {
    const { id, method, params } = message;
    if (typeof id === "number") {
      this.#waiting.get(id)?.(message);
      this.#waiting.delete(id);
    } else if (
      method === "Log.entryAdded" || method === "Runtime.exceptionThrown" ||
      method === "Runtime.consoleAPICalled"
    ) this.complaints.push(JSON.stringify(params));
  }
}

async function listeningAddress(
  stream: ReadableStream<Uint8Array>,
): Promise<string> {
  const [head, rest] = stream.tee();
  let text = "";
  for await (
    const part of head.pipeThrough(
      new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>,
    )
  ) {
    text += part;
    const match = /DevTools listening on (ws:\S+)/.exec(text);
    if (match === null) continue;
    // What it says later is of no interest, but a full pipe would stop it.
    rest.pipeTo(new WritableStream()).catch(() => {});
    return match[1]!;
  }
  throw new Error(`Chromium did not start: ${text}`);
}
