export interface WatchedFilesOptions<T> {
  /** What the files hold, or everything that is wrong with them. */
  read(): { value: T; problems?: undefined } | { value?: undefined; problems: string[] };
  same(one: T, other: T): boolean;
  /** Another value than the one before. */
  onChange(value: T): void;
  /** What stands in the files now cannot be used; the value before stays. Once for each content. */
  onBroken(problems: string[]): void;
  /** How often the files are read, in ms. A kubelet writes changed secrets within about a minute. [5 s] */
  pollMs?: number;
}

/**
 * A value that follows its files. Contents are compared, because mounted secrets change by a symbolic link far above the
 * file, which a file watcher does not see.
 */
export class WatchedFiles<T> {
  readonly #options: WatchedFilesOptions<T>;
  readonly #timer: NodeJS.Timeout;
  #value: T;
  /** What was wrong at the last look, and whether it has been said. */
  #broken: { problems: string; said: boolean } | undefined;

  /** @throws Error with everything that is wrong with the files, one a line */
  constructor(options: WatchedFilesOptions<T>) {
    const { value, problems } = options.read();
    if (problems) throw new Error(problems.join("\n"));
    this.#options = options;
    this.#value = value;
    this.#timer = setInterval(() => this.#look(), options.pollMs ?? 5_000);
    this.#timer.unref();
  }

  get value(): T {
    return this.#value;
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #look(): void {
    const { value, problems } = this.#options.read();
    if (problems) return this.#complain(problems);
    this.#broken = undefined;
    if (this.#options.same(value, this.#value)) return;
    this.#value = value;
    this.#options.onChange(value);
  }

  /** Only what is wrong twice in a row is wrong: the first look may have come between the writing of two files. */
  #complain(problems: string[]): void {
    const text = problems.join("\n");
    if (this.#broken?.problems !== text) {
      this.#broken = { problems: text, said: false };
    } else if (!this.#broken.said) {
      this.#broken.said = true;
      this.#options.onBroken(problems);
    }
  }
}
