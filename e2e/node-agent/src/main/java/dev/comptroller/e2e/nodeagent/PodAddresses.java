package dev.comptroller.e2e.nodeagent;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/// Gives every pod a loopback address that no other agent on this machine gives away.
///
/// An agent owns whole blocks of 256 addresses. It claims a block by listening on the block's
/// address .254: the kernel lets only one process do that and ends the claim when the process
/// dies, however it dies. Agents that share a network therefore need no file and no coordinator.
/// Addresses are handed out round robin, so that one just released rests before it is used again.
final class PodAddresses implements AutoCloseable {
  private static final int CLAIM_PORT = 61049;
  private static final int LAST_HOST = 253;

  private final Network network;
  private final List<Block> blocks = new ArrayList<>();
  private final Set<String> taken = new HashSet<>();
  private int nextBlock;

  PodAddresses(Network network) {
    this.network = network;
  }

  /// A loopback network that consists of whole blocks.
  record Network(int base, int blocks) {
    /// Reads for example `127.64.0.0/16`.
    static Network parse(String text) {
      var parts = text.split("[./]", -1);
      try {
        if (parts.length == 5 && parts[0].equals("127") && text.indexOf('/') > 0) {
          int second = octet(parts[1]);
          int third = octet(parts[2]);
          int length = Integer.parseInt(parts[4]);
          int base = second << 8 | third;
          if (length >= 8 && length <= 24 && octet(parts[3]) == 0) {
            int count = 1 << (24 - length);
            if (base % count == 0) {
              return new Network(base, count);
            }
          }
        }
      } catch (NumberFormatException e) {
        // Said below, for every way of being wrong.
      }
      throw new IllegalArgumentException(
          "podAddresses: \"%s\" is no loopback network; write for example %s (/8 to /24, host bits zero)"
              .formatted(text, AgentConfig.DEFAULT_POD_ADDRESSES));
    }

    private static int octet(String text) {
      int value = Integer.parseInt(text);
      if (value < 0 || value > 255) {
        throw new NumberFormatException(text);
      }
      return value;
    }

    String address(int block, int host) {
      int at = base + block;
      return "127." + (at >> 8) + "." + (at & 255) + "." + host;
    }
  }

  private static final class Block {
    final int index;
    final ServerSocket claim;
    int next = 1;

    Block(int index, ServerSocket claim) {
      this.index = index;
      this.claim = claim;
    }
  }

  /// A free address, or an exception when the whole network is in use.
  synchronized String allocate() throws IOException {
    for (Block block : blocks) {
      for (int tried = 0; tried < LAST_HOST; tried++) {
        String address = network.address(block.index, block.next);
        block.next = block.next % LAST_HOST + 1;
        if (taken.add(address)) {
          return address;
        }
      }
    }
    claimBlock();
    return allocate();
  }

  private void claimBlock() throws IOException {
    while (nextBlock < network.blocks()) {
      int index = nextBlock++;
      if (network.base() + index == 0) {
        continue; // 127.0.0.x is everybody's.
      }
      var socket = new ServerSocket();
      try {
        socket.bind(new InetSocketAddress(inet(network.address(index, 254)), CLAIM_PORT), 1);
        blocks.add(new Block(index, socket));
        return;
      } catch (IOException e) {
        socket.close(); // Another agent owns this block.
      }
    }
    throw new IOException(
        "no free block of addresses: all %d of podAddresses are claimed by this or other agents"
            .formatted(network.blocks()));
  }

  static InetAddress inet(String literal) {
    try {
      return InetAddress.getByName(literal);
    } catch (UnknownHostException e) {
      throw new IllegalArgumentException(literal + " is no address", e);
    }
  }

  synchronized void release(String address) {
    taken.remove(address);
  }

  @Override
  public synchronized void close() throws IOException {
    for (Block block : blocks) {
      block.claim.close();
    }
    blocks.clear();
  }
}
