// SPDX-License-Identifier: GPL-2.0-or-later
#include "decoded.h"

#include <algorithm>
#include <iterator>
#include <stdexcept>

#include <fmt/format.h>
#include <protozero/pbf_message.hpp>

#include "trace/perfetto.h"

namespace nmistorm::trace {
namespace {

namespace pf = perfetto;
using protozero::pbf_message;

using Texts = std::map<std::uint64_t, std::string>;

void need(bool holds, const char* what) {
    if (!holds) {
        throw std::runtime_error(what);
    }
}

std::string text_of(const Texts& texts, std::uint64_t iid) {
    need(texts.contains(iid), "a text is not known");
    return texts.at(iid);
}

class Decoder {
  public:
    Decoded decoded;

    void packet(pbf_message<pf::TracePacket> packet) {
        std::uint64_t time = 0;
        std::uint32_t sequence = 0;
        std::uint32_t flags = 0;
        bool first = false;
        protozero::data_view event{};
        protozero::data_view descriptor{};
        while (packet.next()) {
            switch (packet.tag()) {
                case pf::TracePacket::timestamp:
                    time = packet.get_uint64();
                    break;
                case pf::TracePacket::trusted_packet_sequence_id:
                    sequence = packet.get_uint32();
                    break;
                case pf::TracePacket::sequence_flags:
                    flags = packet.get_uint32();
                    break;
                case pf::TracePacket::first_packet_on_sequence:
                    first = packet.get_bool();
                    break;
                case pf::TracePacket::interned_data:
                    intern(packet.get_message());
                    break;
                case pf::TracePacket::track_event:
                    event = packet.get_view();
                    break;
                case pf::TracePacket::track_descriptor:
                    descriptor = packet.get_view();
                    break;
            }
        }
        need(sequence == 1, "not of the sequence");
        need(first == (packets_ == 0), "only the first packet is the first");
        need(((flags & pf::seq_incremental_state_cleared) != 0) == (packets_ == 0), "state is cleared once");
        ++packets_;
        need(time >= time_, "time goes back");
        time_ = time;
        if (!descriptor.empty()) {
            describe(pbf_message<pf::TrackDescriptor>(descriptor));
        }
        if (!event.empty()) {
            need((flags & pf::seq_needs_incremental_state) != 0, "an event needs the texts");
            track_event(pbf_message<pf::TrackEvent>(event));
        }
    }

    void end() {
        for (const auto& [track, slices] : open_) {
            need(slices.empty(), "a slice does not end");
        }
    }

  private:
    static void entry(Texts& texts, pbf_message<pf::EventCategory> entry) {
        std::uint64_t iid = 0;
        std::string text;
        while (entry.next()) {
            if (entry.tag() == pf::EventCategory::iid) {
                iid = entry.get_uint64();
            } else {
                text = entry.get_string();
            }
        }
        need(iid != 0 && !texts.contains(iid), "a number is taken");
        texts[iid] = text;
    }

    void intern(pbf_message<pf::InternedData> data) {
        while (data.next()) {
            ++decoded.texts;
            entry(texts_[data.tag()], data.get_message());
        }
    }

    void describe(pbf_message<pf::TrackDescriptor> descriptor) {
        std::uint64_t uuid = 0;
        std::string name;
        while (descriptor.next()) {
            switch (descriptor.tag()) {
                case pf::TrackDescriptor::uuid:
                    uuid = descriptor.get_uint64();
                    break;
                case pf::TrackDescriptor::name:
                    name = descriptor.get_string();
                    break;
                case pf::TrackDescriptor::process:
                    name = process_name(descriptor.get_message());
                    break;
                case pf::TrackDescriptor::thread: {
                    pbf_message<pf::ThreadDescriptor> thread(descriptor.get_message());
                    while (thread.next()) {
                        if (thread.tag() == pf::ThreadDescriptor::thread_name) {
                            name = thread.get_string();
                        } else {
                            thread.skip();
                        }
                    }
                    break;
                }
                case pf::TrackDescriptor::parent_uuid:
                    need(decoded.tracks.contains(descriptor.get_uint64()), "the parent is not described");
                    break;
                default:
                    descriptor.skip();
            }
        }
        need(uuid != 0 && !decoded.tracks.contains(uuid), "the track is described before");
        decoded.tracks[uuid] = name;
    }

    std::string process_name(pbf_message<pf::ProcessDescriptor> process) {
        std::string name;
        while (process.next()) {
            if (process.tag() == pf::ProcessDescriptor::process_name) {
                name = process.get_string();
            } else if (process.tag() == pf::ProcessDescriptor::process_labels) {
                decoded.labels.push_back(process.get_string());
            } else {
                process.skip();
            }
        }
        return name;
    }

    std::pair<std::string, std::string> argument(pbf_message<pf::DebugAnnotation> annotation) {
        std::pair<std::string, std::string> argument;
        while (annotation.next()) {
            switch (annotation.tag()) {
                case pf::DebugAnnotation::name_iid:
                    argument.first =
                        text_of(texts_[pf::InternedData::debug_annotation_names], annotation.get_uint64());
                    break;
                case pf::DebugAnnotation::name:
                    argument.first = annotation.get_string();
                    break;
                case pf::DebugAnnotation::bool_value:
                    argument.second = annotation.get_bool() ? "true" : "false";
                    break;
                case pf::DebugAnnotation::uint_value:
                    argument.second = fmt::format("{}", annotation.get_uint64());
                    break;
                case pf::DebugAnnotation::pointer_value:
                    argument.second = fmt::format("{:#x}", annotation.get_uint64());
                    break;
                case pf::DebugAnnotation::string_value:
                    argument.second = annotation.get_string();
                    break;
                case pf::DebugAnnotation::string_value_iid:
                    argument.second = text_of(texts_[pf::InternedData::debug_annotation_string_values],
                                              annotation.get_uint64());
                    break;
            }
        }
        return argument;
    }

    void track_event(pbf_message<pf::TrackEvent> message) {
        Event event;
        event.time = time_;
        while (message.next()) {
            switch (message.tag()) {
                case pf::TrackEvent::type:
                    event.type = message.get_enum();
                    break;
                case pf::TrackEvent::track_uuid:
                    event.track = message.get_uint64();
                    break;
                case pf::TrackEvent::category_iids:
                    event.category =
                        text_of(texts_[pf::InternedData::event_categories], message.get_uint64());
                    break;
                case pf::TrackEvent::categories:
                    event.category = message.get_string();
                    break;
                case pf::TrackEvent::name_iid:
                    event.name = text_of(texts_[pf::InternedData::event_names], message.get_uint64());
                    break;
                case pf::TrackEvent::name:
                    event.name = message.get_string();
                    break;
                case pf::TrackEvent::counter_value:
                    event.value = message.get_int64();
                    break;
                case pf::TrackEvent::debug_annotations:
                    event.arguments.insert(argument(message.get_message()));
                    break;
            }
        }
        need(decoded.tracks.contains(event.track), "the track is not described");
        need(event.name.empty() == (event.type == 2 || event.type == 4), "begins and instants have names");
        auto& open = open_[event.track];
        if (event.type == 1) {
            open.push_back(decoded.all_slices.size());
            decoded.all_slices.push_back(
                {decoded.tracks[event.track], event.name, event.time, 0, open.size() - 1, event.arguments});
        } else if (event.type == 2) {
            need(!open.empty(), "no slice ends");
            Slice& slice = decoded.all_slices[open.back()];
            slice.end = event.time;
            slice.arguments.insert(event.arguments.begin(), event.arguments.end());
            open.pop_back();
        }
        decoded.events.push_back(event);
    }

    std::size_t packets_ = 0;
    std::uint64_t time_ = 0;
    std::map<pf::InternedData, Texts> texts_;
    std::map<std::uint64_t, std::vector<std::size_t>> open_;
};

template <typename T>
std::vector<T> those(const std::vector<T>& all, auto predicate) {
    std::vector<T> found;
    std::ranges::copy_if(all, std::back_inserter(found), predicate);
    return found;
}

}  // namespace

std::vector<Slice> Decoded::slices(const std::string& track) const {
    return those(all_slices, [&track](const Slice& each) { return each.track == track; });
}

std::vector<Slice> Decoded::named(const std::string& name) const {
    return those(all_slices, [&name](const Slice& each) { return each.name == name; });
}

std::vector<Event> Decoded::instants(const std::string& name) const {
    return those(events, [&name](const Event& each) { return each.type == 3 && each.name == name; });
}

std::vector<Event> Decoded::counts(const std::string& track) const {
    return those(events, [&](const Event& each) { return each.type == 4 && tracks.at(each.track) == track; });
}

Decoded decoded(const std::string& bytes) {
    Decoder decoder;
    pbf_message<pf::Trace> trace(bytes);
    while (trace.next()) {
        need(trace.tag() == pf::Trace::packet, "a trace has packets alone");
        decoder.packet(pbf_message<pf::TracePacket>(trace.get_message()));
    }
    decoder.end();
    return std::move(decoder.decoded);
}

}  // namespace nmistorm::trace
