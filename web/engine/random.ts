/**
 * PyTorch's random numbers on a CPU: `torch.randn(count, generator=Generator().manual_seed(seed))`.
 *
 * The source is Mersenne Twister MT19937 (Matsumoto and Nishimura 1998, doi 10.1145/272991.272995).
 * PyTorch makes normal numbers of it sixteen at a time (ATen/native/cpu/DistributionTemplates.h,
 * `normal_fill`): the first eight give radii, the other eight angles (Box and Muller 1958).
 */

const WORDS = 624;
const AHEAD = 397;
const BLOCK = 16;
const TWO_TO_24 = 2 ** 24;

export class Generator {
  private readonly state = new Uint32Array(WORDS);
  private next = WORDS;

  /** @param seed - from 0 to 2^63 - 1; like PyTorch's, this source reads the lowest 32 bits. */
  constructor(seed: bigint) {
    this.state[0] = Number(BigInt.asUintN(32, seed));
    for (let i = 1; i < WORDS; i++) {
      const last = this.state[i - 1];
      this.state[i] = Math.imul(1812433253, last ^ (last >>> 30)) + i;
    }
  }

  /** Standard normal numbers; `count` is a multiple of sixteen. */
  normal(count: number): Float32Array {
    if (count % BLOCK) throw new RangeError(`normal: ${count} is no multiple of ${BLOCK}`);
    const drawn = Float32Array.from({ length: count }, () => this.uniform());
    for (let block = 0; block < count; block += BLOCK) {
      for (let i = block; i < block + BLOCK / 2; i++) {
        const radius = Math.sqrt(-2 * Math.log(1 - drawn[i]));
        const angle = 2 * Math.PI * drawn[i + BLOCK / 2];
        drawn[i] = radius * Math.cos(angle);
        drawn[i + BLOCK / 2] = radius * Math.sin(angle);
      }
    }
    return drawn;
  }

  /** The next number in [0, 1): 24 bits, as many as a float32 holds. */
  private uniform(): number {
    return (this.word() % TWO_TO_24) / TWO_TO_24;
  }

  private word(): number {
    if (this.next === WORDS) this.twist();
    let word = this.state[this.next++];
    word ^= word >>> 11;
    word ^= (word << 7) & 0x9d2c5680;
    word ^= (word << 15) & 0xefc60000;
    return (word ^ (word >>> 18)) >>> 0;
  }

  private twist(): void {
    const { state } = this;
    for (let i = 0; i < WORDS; i++) {
      const joined = (state[i] & 0x80000000) | (state[(i + 1) % WORDS] & 0x7fffffff);
      state[i] = state[(i + AHEAD) % WORDS] ^ (joined >>> 1) ^ (joined & 1 ? 0x9908b0df : 0);
    }
    this.next = 0;
  }
}
