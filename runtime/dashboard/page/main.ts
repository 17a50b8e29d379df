import type { Histories } from '../../core/protocol/page';
import { type Board, boardOf, NotWhole, updated } from './board';
import { BROWSER } from './browser';
import { ClusterView } from './cluster-view';
import { type Courses, EMPTY, extended, type Range, withHistories } from './courses';
import { byId } from './dom';
import { EventsView } from './events-view';
import { Stream } from './stream';
import { TopView } from './top-view';

/** Ties stream, board and views together. Whatever comes between two frames of the screen is drawn once. */
function main(): void {
  const root = byId('clusters');
  const top = new TopView();
  const events = new EventsView();
  const views = new Map<string, ClusterView>();
  let board: Board = new Map();
  let courses: Courses = new Map();
  let range: Range = 'minutes';
  let waiting: (() => void)[] = [];

  const draw = (work: () => void): void => {
    // Nothing is drawn that nobody sees; the whole picture is, once somebody looks again.
    if (document.hidden) return;
    if (waiting.length === 0) {
      requestAnimationFrame(() => {
        const due = waiting;
        waiting = [];
        for (const each of due) each();
      });
    }
    waiting.push(work);
  };
  const showBoard = (now: Board): void => {
    for (const [name, view] of views) {
      if (now.has(name)) continue;
      view.root.remove();
      views.delete(name);
    }
    for (const [name, cluster] of now) {
      const view = views.get(name) ?? new ClusterView(name);
      if (!views.has(name)) {
        if (views.size === 0) root.replaceChildren();
        root.append(view.root);
        views.set(name, view);
      }
      view.show(cluster);
    }
  };
  const showCourses = (): void => {
    for (const view of views.values()) view.showCourse(courses, range);
  };
  const follow = (atMs: number): void => {
    const longer = [...board].map(([name, { head }]) => {
      const { minutes, hours } = courses.get(name) ?? { minutes: EMPTY, hours: EMPTY };
      const both = {
        minutes: extended(minutes, 'minutes', atMs, head.figures),
        hours: extended(hours, 'hours', atMs, head.figures),
      };
      return [name, both] as const;
    });
    courses = new Map([...courses, ...longer]);
  };
  const remember = async (): Promise<void> => {
    const response = await fetch('/histories');
    if (!response.ok) return;
    const histories: Histories = await response.json();
    courses = withHistories(courses, histories);
    draw(showCourses);
  };

  const stream = new Stream(BROWSER, {
    onPicture: (picture) => {
      board = boardOf(picture);
      const now = board;
      draw(() => {
        top.show(picture);
        showBoard(now);
        events.reset(picture.events);
      });
      // The next update draws the charts all the same.
      remember().catch(() => undefined);
    },
    onUpdate: (update) => {
      try {
        board = updated(board, update);
      } catch (error) {
        if (!(error instanceof NotWhole)) throw error;
        stream.restart();
        return;
      }
      const now = board;
      follow(update.atMs);
      draw(() => {
        top.show(update);
        showBoard(now);
        showCourses();
        events.add(update.events);
      });
    },
    onLink: (live) => top.showLink(live, Date.now()),
  });

  document.addEventListener('visibilitychange', () => {
    if (!document.hidden) stream.restart();
  });
  for (const choice of document.querySelectorAll<HTMLInputElement>('input[name="range"]')) {
    choice.addEventListener('change', () => {
      range = choice.value === 'hours' ? 'hours' : 'minutes';
      draw(showCourses);
    });
  }
}

main();
