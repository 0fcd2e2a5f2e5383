package dev.comptroller.e2e.models;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/// A byte-level BPE vocabulary: three control tokens, the 256 bytes, then one token per merge.
///
/// Any bytes can be encoded and decode to themselves. Training is deterministic: the most frequent
/// pair merges first, ties go to the pair that sorts first.
///
/// @param tokens spelling of each token, by id
/// @param merges pairs in the order in which they merge, each `left right`
/// @param uses how often each token stands in the training text, by id
public record Vocabulary(List<String> tokens, List<String> merges, List<Integer> uses) {
  /// Id of `<|endoftext|>`: unknown and padding.
  public static final int END_OF_TEXT = 0;

  /// Id of `<|im_start|>`: begins a message.
  public static final int MESSAGE_START = 1;

  /// Id of `<|im_end|>`: ends a message and a generation.
  public static final int MESSAGE_END = 2;

  /// Control tokens, by id.
  public static final List<String> CONTROL = List.of("<|endoftext|>", "<|im_start|>", "<|im_end|>");

  public Vocabulary {
    tokens = List.copyOf(tokens);
    merges = List.copyOf(merges);
    uses = List.copyOf(uses);
  }

  /// Learns a vocabulary of `size` tokens from a text.
  public static Vocabulary train(String text, int size) {
    int fixed = CONTROL.size() + 256;
    if (size < fixed) {
      throw new IllegalArgumentException(
          "vocabulary of " + size + " tokens: needs at least " + fixed + " (control and bytes)");
    }
    var tokens = new ArrayList<>(CONTROL);
    for (int value = 0; value < 256; value++) {
      tokens.add(String.valueOf(ByteAlphabet.letter(value)));
    }
    List<Word> words = words(text);
    var merges = new ArrayList<String>();
    while (tokens.size() < size) {
      Pair best = mostFrequent(words);
      words.forEach(word -> word.merge(best));
      merges.add(best.left + " " + best.right);
      tokens.add(best.left + best.right);
    }
    return new Vocabulary(tokens, merges, uses(tokens, words));
  }

  /// Token ids of a text.
  public List<Integer> encode(String text) {
    var ids = new ArrayList<Integer>();
    for (String word : WordSplitter.split(text)) {
      ids.addAll(encodeWord(word.getBytes(StandardCharsets.UTF_8)));
    }
    return ids;
  }

  /// Token ids of any bytes, taken as one word.
  public List<Integer> encodeWord(byte[] bytes) {
    Map<String, Integer> ids = index(tokens);
    Map<String, Integer> ranks = index(merges);
    var word = new Word(ByteAlphabet.spell(bytes), 1);
    while (true) {
      Pair first = null;
      int rank = Integer.MAX_VALUE;
      for (Pair pair : word.pairs()) {
        int candidate = ranks.getOrDefault(pair.left + " " + pair.right, Integer.MAX_VALUE);
        if (candidate < rank) {
          rank = candidate;
          first = pair;
        }
      }
      if (first == null) {
        break;
      }
      word.merge(first);
    }
    return word.parts.stream().map(ids::get).toList();
  }

  /// The bytes that token ids stand for; control tokens stand for none.
  public byte[] decode(List<Integer> ids) {
    var bytes = new ByteArrayOutputStream();
    for (int id : ids) {
      if (id >= CONTROL.size()) {
        bytes.writeBytes(ByteAlphabet.unspell(tokens.get(id)));
      }
    }
    return bytes.toByteArray();
  }

  private static Map<String, Integer> index(List<String> spellings) {
    var ids = new HashMap<String, Integer>();
    for (int id = 0; id < spellings.size(); id++) {
      ids.put(spellings.get(id), id);
    }
    return ids;
  }

  private static List<Word> words(String text) {
    var counts = new TreeMap<String, Integer>();
    for (String word : WordSplitter.split(text)) {
      counts.merge(ByteAlphabet.spell(word), 1, Integer::sum);
    }
    return counts.entrySet().stream().map(e -> new Word(e.getKey(), e.getValue())).toList();
  }

  private static Pair mostFrequent(List<Word> words) {
    var counts = new HashMap<Pair, Integer>();
    for (Word word : words) {
      for (Pair pair : word.pairs()) {
        counts.merge(pair, word.count, Integer::sum);
      }
    }
    return counts.entrySet().stream()
        .min(
            Map.Entry.<Pair, Integer>comparingByValue(Comparator.reverseOrder())
                .thenComparing(Map.Entry.comparingByKey()))
        .orElseThrow(() -> new IllegalArgumentException("the text is too short for so many tokens"))
        .getKey();
  }

  private static List<Integer> uses(List<String> tokens, List<Word> words) {
    Map<String, Integer> ids = index(tokens);
    int[] uses = new int[tokens.size()];
    for (Word word : words) {
      for (String part : word.parts) {
        uses[Objects.requireNonNull(ids.get(part))] += word.count;
      }
    }
    return Arrays.stream(uses).boxed().toList();
  }

  private record Pair(String left, String right) implements Comparable<Pair> {
    @Override
    public int compareTo(Pair other) {
      int byLeft = left.compareTo(other.left);
      return byLeft != 0 ? byLeft : right.compareTo(other.right);
    }
  }

  private static final class Word {
    private final int count;
    private final List<String> parts = new ArrayList<>();

    Word(String letters, int count) {
      this.count = count;
      letters.chars().forEach(letter -> parts.add(String.valueOf((char) letter)));
    }

    List<Pair> pairs() {
      var pairs = new ArrayList<Pair>();
      for (int i = 1; i < parts.size(); i++) {
        pairs.add(new Pair(parts.get(i - 1), parts.get(i)));
      }
      return pairs;
    }

    void merge(Pair pair) {
      for (int i = 0; i + 1 < parts.size(); i++) {
        if (parts.get(i).equals(pair.left) && parts.get(i + 1).equals(pair.right)) {
          parts.set(i, pair.left + pair.right);
          parts.remove(i + 1);
        }
      }
    }
  }
}
