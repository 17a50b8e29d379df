import { access } from 'node:fs/promises';
import { watchedFiles } from '../watched-files';

/**
 * Whether this machine goes away soon, whatever anybody decides: a Spot instance that EC2 takes back in two minutes. Whoever learns
 * of it leaves word by making a file; it is never taken back.
 */
export class Notice {
  #given = false;
  #unfollow: Promise<() => void> | undefined;

  /**
   * @param file undefined: nobody ever leaves word.
   * @param onGiven called once, when the file is there.
   */
  constructor(file: string | undefined, onGiven: () => void) {
    if (file === undefined) return;
    this.#unfollow = watchedFiles([file], async () => {
      const there = await access(file).then(
        () => true,
        () => false,
      );
      if (!there || this.#given) return;
      this.#given = true;
      onGiven();
    });
  }

  get given(): boolean {
    return this.#given;
  }

  stop(): void {
    void this.#unfollow?.then((unfollow) => unfollow());
  }
}
