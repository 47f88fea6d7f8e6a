// SPDX-License-Identifier: GPL-2.0-or-later
#include "trace/packets.h"

#include <algorithm>

#include <protozero/pbf_builder.hpp>

#include "trace/perfetto.h"

namespace nmistorm::trace {
namespace {

namespace pf = perfetto;
using protozero::pbf_builder;

constexpr std::uint32_t our_sequence = 1;
constexpr std::int32_t our_pid = 1;

/// Writes @p text by its number into @p message, or in full where there are too many. What is new of it goes
/// to @p data.
template <typename Message>
void write_text(pbf_builder<Message>& message, Message by_number, Message in_full, Interned& interned,
                std::string_view text, pbf_builder<pf::InternedData>& data, pf::InternedData table) {
    const auto number = interned.number(text);
    if (!number) {
        message.add_string(in_full, shown_in_trace(text));
        return;
    }
    message.add_uint64(by_number, number->iid);
    if (number->fresh) {
        std::string entry_bytes;
        pbf_builder<pf::EventCategory> entry(entry_bytes);
        entry.add_uint64(pf::EventCategory::iid, number->iid);
        entry.add_string(pf::EventCategory::name, shown_in_trace(text));
        data.add_message(table, entry_bytes);
    }
}

}  // namespace

struct Packets::Event {
    pf::TrackEventType type;
    Track track;
    std::string_view category = {};
    Name name = "";
    const Arguments* arguments = nullptr;
    std::uint64_t value = 0;  ///< of a counter
};

void Packets::process(Track track, std::string_view name, const std::vector<std::string>& command,
                      const std::vector<std::string>& labels) {
    std::string process_bytes;
    pbf_builder<pf::ProcessDescriptor> process(process_bytes);
    process.add_int32(pf::ProcessDescriptor::pid, our_pid);
    for (const std::string& word : command) {
        process.add_string(pf::ProcessDescriptor::cmdline, shown_in_trace(word));
    }
    process.add_string(pf::ProcessDescriptor::process_name, shown_in_trace(name));
    for (const std::string& label : labels) {
        process.add_string(pf::ProcessDescriptor::process_labels, shown_in_trace(label));
    }
    std::string bytes;
    pbf_builder<pf::TrackDescriptor> descriptor(bytes);
    descriptor.add_uint64(pf::TrackDescriptor::uuid, track);
    descriptor.add_message(pf::TrackDescriptor::process, process_bytes);
    write_descriptor(bytes);
}

void Packets::thread(Track track, unsigned thread, std::string_view name) {
    std::string thread_bytes;
    pbf_builder<pf::ThreadDescriptor> descriptor_of_thread(thread_bytes);
    descriptor_of_thread.add_int32(pf::ThreadDescriptor::pid, our_pid);
    descriptor_of_thread.add_int64(pf::ThreadDescriptor::tid, thread);
    descriptor_of_thread.add_string(pf::ThreadDescriptor::thread_name, shown_in_trace(name));
    std::string bytes;
    pbf_builder<pf::TrackDescriptor> descriptor(bytes);
    descriptor.add_uint64(pf::TrackDescriptor::uuid, track);
    descriptor.add_message(pf::TrackDescriptor::thread, thread_bytes);
    write_descriptor(bytes);
}

void Packets::track(Track track, Track parent, std::string_view name, std::string_view description) {
    std::string bytes;
    pbf_builder<pf::TrackDescriptor> descriptor(bytes);
    descriptor.add_uint64(pf::TrackDescriptor::uuid, track);
    descriptor.add_uint64(pf::TrackDescriptor::parent_uuid, parent);
    descriptor.add_string(pf::TrackDescriptor::name, shown_in_trace(name));
    descriptor.add_string(pf::TrackDescriptor::description, shown_in_trace(description));
    write_descriptor(bytes);
}

void Packets::counter(Track track, Track parent, std::string_view name, std::string_view unit) {
    std::string counter_bytes;
    pbf_builder<pf::CounterDescriptor> descriptor_of_counter(counter_bytes);
    descriptor_of_counter.add_string(pf::CounterDescriptor::unit_name, shown_in_trace(unit));
    std::string bytes;
    pbf_builder<pf::TrackDescriptor> descriptor(bytes);
    descriptor.add_uint64(pf::TrackDescriptor::uuid, track);
    descriptor.add_uint64(pf::TrackDescriptor::parent_uuid, parent);
    descriptor.add_string(pf::TrackDescriptor::name, shown_in_trace(name));
    descriptor.add_message(pf::TrackDescriptor::counter, counter_bytes);
    write_descriptor(bytes);
}

void Packets::begin(Track track, std::string_view category, Name name, const Arguments& arguments) {
    write({pf::TrackEventType::slice_begin, track, category, name, &arguments});
}

void Packets::end(Track track, const Arguments& arguments) {
    write({.type = pf::TrackEventType::slice_end, .track = track, .arguments = &arguments});
}

void Packets::instant(Track track, std::string_view category, Name name, const Arguments& arguments) {
    write({pf::TrackEventType::instant, track, category, name, &arguments});
}

void Packets::count(Track track, std::uint64_t value) {
    write({.type = pf::TrackEventType::counter, .track = track, .value = value});
}

void Packets::write(const Event& event) {
    event_.clear();
    interned_.clear();
    pbf_builder<pf::TrackEvent> message(event_);
    pbf_builder<pf::InternedData> data(interned_);
    message.add_enum(pf::TrackEvent::type, static_cast<std::int32_t>(event.type));
    message.add_uint64(pf::TrackEvent::track_uuid, event.track);
    if (!event.name.text.empty()) {
        write_text(message, pf::TrackEvent::category_iids, pf::TrackEvent::categories, categories_,
                   event.category, data, pf::InternedData::event_categories);
        if (event.name.repeats) {
            write_text(message, pf::TrackEvent::name_iid, pf::TrackEvent::name, names_, event.name.text, data,
                       pf::InternedData::event_names);
        } else {
            message.add_string(pf::TrackEvent::name, shown_in_trace(event.name.text));
        }
    }
    if (event.type == pf::TrackEventType::counter) {
        message.add_int64(pf::TrackEvent::counter_value, static_cast<std::int64_t>(event.value));
    }
    std::string annotation_bytes;
    for (const Argument& argument : event.arguments == nullptr ? Arguments() : *event.arguments) {
        annotation_bytes.clear();
        pbf_builder<pf::DebugAnnotation> annotation(annotation_bytes);
        write_text(annotation, pf::DebugAnnotation::name_iid, pf::DebugAnnotation::name, argument_names_,
                   argument.name, data, pf::InternedData::debug_annotation_names);
        if (const auto* yes = std::get_if<bool>(&argument.value)) {
            annotation.add_bool(pf::DebugAnnotation::bool_value, *yes);
        } else if (const auto* number = std::get_if<std::uint64_t>(&argument.value)) {
            annotation.add_uint64(pf::DebugAnnotation::uint_value, *number);
        } else if (const auto* address = std::get_if<GuestVirt>(&argument.value)) {
            annotation.add_uint64(pf::DebugAnnotation::pointer_value, address->value);
        } else {
            write_text(annotation, pf::DebugAnnotation::string_value_iid, pf::DebugAnnotation::string_value,
                       strings_, std::get<std::string>(argument.value), data,
                       pf::InternedData::debug_annotation_string_values);
        }
        message.add_message(pf::TrackEvent::debug_annotations, annotation_bytes);
    }

    packet_.clear();
    pbf_builder<pf::TracePacket> packet(packet_);
    packet.add_uint64(pf::TracePacket::timestamp, now_);
    packet.add_uint32(pf::TracePacket::sequence_flags, flags_of_first() | pf::seq_needs_incremental_state);
    if (!interned_.empty()) {
        packet.add_message(pf::TracePacket::interned_data, interned_);
    }
    packet.add_message(pf::TracePacket::track_event, event_);
    write_packet();
}

void Packets::write_descriptor(std::string_view descriptor) {
    packet_.clear();
    pbf_builder<pf::TracePacket> packet(packet_);
    packet.add_uint64(pf::TracePacket::timestamp, now_);
    if (first_) {
        packet.add_uint32(pf::TracePacket::sequence_flags, flags_of_first());
    }
    packet.add_message(pf::TracePacket::track_descriptor, descriptor.data(), descriptor.size());
    write_packet();
}

/// Nothing was interned before the first packet.
unsigned Packets::flags_of_first() const {
    return first_ ? pf::seq_incremental_state_cleared : 0;
}

void Packets::write_packet() {
    pbf_builder<pf::TracePacket> rest(packet_);
    rest.add_uint32(pf::TracePacket::trusted_packet_sequence_id, our_sequence);
    if (first_) {
        rest.add_bool(pf::TracePacket::first_packet_on_sequence, true);
        first_ = false;
    }
    framed_.clear();
    pbf_builder<pf::Trace> trace(framed_);
    trace.add_message(pf::Trace::packet, packet_);
    sink_(framed_);
}

}  // namespace nmistorm::trace
