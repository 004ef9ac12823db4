/* A walker on the maze of W branches of K diamonds of L parallel edges: it really walks the multigraph, edge by edge.
   Its state is the directed edge it just crossed, as in theory/policy.py: with the chance its row gives it goes on,
   else it turns round over any of the edges behind, the one just crossed included. Every walk is made by its seed. */
"use strict";
(function () {
  /** The four walkers a reader can choose, and their rows as fractions. */
  const KINDS = {
    golden: { name: "Golden path", rows: () => ({ a: "1", b: "1", c: "1", d: "1" }) },
    sft: { name: "After SFT", rows: (L) => ({ a: "1", b: `${L}/${L + 1}`, c: "1", d: `1/${L + 1}` }) },
    rlvr: { name: "After RLVR", rows: () => ({ a: "1", b: "1", c: "1", d: "1" }) },
    base: { name: "Before training",
            rows: (L) => ({ a: `1/${L + 1}`, b: `${L}/${L + 1}`, c: `${L}/${L + 1}`, d: `1/${L + 1}` }) },
  };

  /** Uniform numbers in [0, 1), multiples of 2^-32: sfc32 (Doty-Humphrey, PractRand), its first 16 outputs dropped. */
  function sfc32(seed) {
    let a = seed | 0, b = 0x9e3779b9 | 0, c = 0x243f6a88, d = 1;
    const draw = () => {
      const t = (a + b | 0) + d | 0;
      d = d + 1 | 0;
      a = b ^ b >>> 9;
      b = c + (c << 3) | 0;
      c = (c << 21 | c >>> 11) + t | 0;
      return (t >>> 0) / 4294967296;
    };
    for (let i = 0; i < 16; i++) draw();
    return draw;
  }

  /** A row, '5/6' or 0.25, as a float. */
  function chance(row) {
    const [over, under = 1] = String(row).split("/");
    return over / under;
  }

  /** The branch that ends in the target: a third of the way down, 0 the first. */
  const target = (W) => Math.floor(W / 3);

  /** Number of edges of one branch: K(L+1)+1; edge 0 leaves the fork, then L parallel ones, one single, and so on. */
  const edgesOf = (K, L) => K * (L + 1) + 1;

  /** Number within its branch of the edge between depths x and x+1; copy 0 .. L-1 in a diamond, 0 elsewhere. */
  const edgeAt = (L, x, copy) => (x >> 1) * (L + 1) + (x & 1 ? 1 + copy : 0);

  /** A walker at the fork; rows {a, b, c, d}; `golden` makes it enter the target's branch at once. */
  class Walker {
    constructor(W, K, L, rows, seed, golden = false) {
      Object.assign(this, { W, K, L, golden, leaf: 2 * K + 1, draw: sfc32(seed), goal: target(W) });
      const [a, b, c, d] = ["a", "b", "c", "d"].map((name) => chance(rows[name]));
      Object.assign(this, { out: [a, c], home: [b, d] });  // persistence by side of a diamond: [v, u]
      Object.assign(this, { branch: -1, depth: 0, away: true, edge: -1, over: false, failed: false });
      Object.assign(this, { steps: 0, ends: 0, turns: 0, visits: 0, since: 0, best: 0 });
      this.crossed = new Float64Array(W * edgesOf(K, L));
      this.spent = new Float64Array(W);
    }

    /** Crosses one edge, unless the target is reached. */
    step() {
      if (this.over) return;
      const { leaf, L } = this;
      if (this.depth === 0) {
        this.branch = this.golden ? this.goal : Math.floor(this.draw() * this.W);
        Object.assign(this, { away: true, failed: false, since: 0 });
      } else if (this.depth === leaf) {
        this.away = false;                                  // a dead end reflects
      } else if (this.draw() >= (this.away ? this.out : this.home)[this.depth & 1]) {
        this.away = !this.away;
        this.turns++;
      }
      const x = this.away ? this.depth : this.depth - 1;
      this.edge = this.branch * edgesOf(this.K, L) + edgeAt(L, x, x & 1 ? Math.floor(this.draw() * L) : 0);
      this.depth += this.away ? 1 : -1;
      this.steps++;
      this.since++;
      this.crossed[this.edge]++;
      this.spent[this.branch]++;
      if (this.depth === leaf) {
        if (this.branch === this.goal) this.over = true;
        else { this.ends++; this.failed = true; }
      }
      if (this.depth === 0) this.visits++;
      if (this.failed) this.best = Math.max(this.best, (leaf - this.depth) >> 1);
    }

    /** Takes up to n steps, and stops at the target. */
    run(n) {
      for (let i = 0; i < n && !this.over; i++) this.step();
      return this;
    }

    /** Where the walker is and where it is heading, in words; branches and diamonds from 1. */
    where() {
      const { depth, away, failed, K } = this, place = `branch ${this.branch + 1}`;
      if (depth === 0) return this.steps ? "back at the fork" : "at the fork, about to pick a branch";
      if (depth === this.leaf) return this.over ? `at the target, ${place}` : `${place}, at its dead end`;
      const heading = away ? (failed ? "turned round, out to the dead end again" : "on the way out")
        : (failed ? "coming back from the dead end" : "turned round, heading for the fork");
      return `${place}, diamond ${(depth + 1) >> 1} of ${K}, ${heading}`;
    }
  }

  /** The first n steps of a walk (fewer at the target): [{node: [branch, depth], edge: [branch, depth, copy]}, ...]. */
  function walk(W, K, L, rows, seed, n) {
    const walker = new Walker(W, K, L, rows, seed), found = [];
    while (found.length < n && !walker.over) {
      walker.step();
      const x = walker.away ? walker.depth - 1 : walker.depth, own = walker.edge % edgesOf(K, L);
      const node = walker.depth ? [walker.branch, walker.depth] : [-1, 0];
      found.push({ node, edge: [walker.branch, x, x & 1 ? own % (L + 1) - 1 : 0] });
    }
    return found;
  }

  window.Backtrack.walker = { KINDS, Walker, walk, target, edgesOf };
})();
