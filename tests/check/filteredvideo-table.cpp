/* gst-framewise: filters whose frames are read in any order.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filteredvideobench.hpp"

namespace filteredvideobench {

/* With all clips, and all of their frames. */
static const char *const thorough[] = {
    "hflip,vflip",
    "scale=80:60,transpose",
    "crop=w=80:h=60:x='20*t':y=5",
    "rotate='t'",
    "eq=brightness='t/10':eval=frame",
    "negate=enable='between(t,0.3,0.8)'",
    "yadif",
    "yadif=1",
    "bwdif",
    "bwdif=send_frame",
    "estdif",
    "estdif=frame",
    "w3fdif",
    "w3fdif=mode=frame",
    "tmix",
    "tmix=frames=7:weights='1 2 3 4 3 2 1'",
    "tmix=frames=1",
    "atadenoise",
    "atadenoise=s=5:a=s",
    "tmedian",
    "tmedian=radius=3",
    "amplify",
    "amplify=radius=4:factor=5",
    "yadif=1,tmix=4,scale=80:60",
    "tmix=5,yadif=1,bwdif=1",
    "hflip,atadenoise=s=7,tmedian=2,format=gray",
    "yadif=deint=interlaced",
    "yadif=1:deint=interlaced",
    "reverse",
    "loop=2:5:3",
    "select='not(mod(n,3))'",
    "select='isnan(prev_selected_t)+gte(t-prev_selected_t,0.1)'",
    "select='gt(scene,0.01)'",
    "minterpolate=fps=50:mi_mode=blend",
    "fps=50",
    "fps=10",
    "fps=7",
    "trim=start_frame=4:end_frame=12",
    "trim=start=0.3,setpts=PTS-STARTPTS",
    "framestep=3",
    "setpts=N/25/TB",
    "setpts=2*PTS",
    "thumbnail=4",
    "tinterlace",
    "tinterlace=4",
    "decimate=cycle=4",
    "mpdecimate",
    "telecine",
    "telecine,fieldmatch,decimate",
    "tpad=start=3:stop=4:stop_mode=clone",
    "deshake",
    "hqdn3d",
    "lagfun",
    "tblend=average",
    "separatefields",
    "shuffleframes=2 1 0",
    "tile=2x2",
    "fade=in:0:10",
    "drawgraph=m1=lavfi.signalstats.YAVG",
    "signalstats,drawgraph=m1=lavfi.signalstats.YAVG:min=0:max=255:s=80x60:slide=scroll",
    "thistogram=width=40:slide=scroll",
    "noise=alls=20:allf=t",
    "random=frames=4",
    "pullup",
    "settb=1/1000,setpts='PTS+3'",
};

/* Names that the table has only with options that ask for more. */
static const char *const further[] = {
    "geq=lum='p(W-X,Y)*T+X':cb=128:cr='p(X,Y)'",
    "hflip,zscale=80:60",
    "perspective=4:3:150:0:2:110:150:100",
    "pad=200:160:5:7",
    "setfield=tff",
    "il=l=d:c=d",
};

const std::vector<Filters> &all_filters() {
  static const std::vector<Filters> all = [] {
    std::vector<Filters> filters;
    for (const char *text : thorough)
      filters.push_back({text, false, 0, true});
    for (const char *text : further)
      filters.push_back({text});
    for (const auto &row : filtertable::filter_table())
      filters.push_back({row.graph ? row.graph : row.filters, row.graph != nullptr, row.threads});
    return filters;
  }();
  return all;
}

} // namespace filteredvideobench
