/* gst-framewise: filter graphs of every kind, as data.
 *
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "filtertable.hpp"

namespace filtertable {

/* ---- Clips ------------------------------------------------------------------------------------
 */

constexpr FilterClip small = {"yuv420p", 176, 144, 20};
constexpr FilterClip brief = {"yuv420p", 176, 144, 6};
constexpr FilterClip tiny = {"yuv420p", 64, 48, 12};
constexpr FilterClip odd = {"yuv420p", 35, 27, 6};
constexpr FilterClip ntsc = {"yuv420p", 96, 80, 20, {30000, 1001}};
constexpr FilterClip film = {"yuv420p", 96, 80, 20, {24000, 1001}};
constexpr FilterClip top_first = {"yuv420p", 96, 80, 12, {25, 1}, Fields::top_first};
constexpr FilterClip bottom_first = {"yuv420p", 96, 80, 12, {30000, 1001}, Fields::bottom_first};
constexpr FilterClip yuv444p = {"yuv444p", 64, 48, 8};
constexpr FilterClip yuv422p10 = {"yuv422p10le", 64, 36, 6};
constexpr FilterClip yuv420p10 = {"yuv420p10le", 64, 48, 8};
constexpr FilterClip yuv444p16 = {"yuv444p16le", 50, 50, 6};
constexpr FilterClip yuva420p = {"yuva420p", 64, 36, 8};
constexpr FilterClip nv12 = {"nv12", 66, 38, 6};
constexpr FilterClip p010 = {"p010le", 64, 48, 6};
constexpr FilterClip yuyv422 = {"yuyv422", 64, 48, 6};
constexpr FilterClip gray = {"gray", 63, 47, 8};
constexpr FilterClip square = {"gray", 64, 64, 8};
constexpr FilterClip gray16 = {"gray16le", 50, 50, 6};
constexpr FilterClip rgb24 = {"rgb24", 63, 35, 6};
constexpr FilterClip rgb48 = {"rgb48le", 63, 35, 6};
constexpr FilterClip rgba = {"rgba", 64, 48, 6};
constexpr FilterClip bgr0 = {"bgr0", 64, 48, 6};
constexpr FilterClip gbrp = {"gbrp", 64, 36, 6};
constexpr FilterClip gbrp16 = {"gbrp16le", 64, 36, 6};
constexpr FilterClip gbrpf32 = {"gbrpf32le", 64, 36, 4};

/* ---- Rows -------------------------------------------------------------------------------------
 */

/* A sequence. */
static constexpr FilterRow chain(const FilterClip &clip, const char *filters) {
  return {clip, filters, nullptr};
}

/* The ffmpeg command does not mind what the ends of its graph are called. */
static constexpr FilterRow graph(const FilterClip &clip, const char *filters) {
  return {clip, filters, filters};
}

static constexpr FilterRow with_one_thread(FilterRow row) {
  row.threads = 1;
  return row;
}

static constexpr FilterRow rows[] = {
    /* size and place */
    chain(small, "null"),
    chain(small, "copy"),
    chain(small, "scale=512:-2"),
    chain(small, "scale=90:70:flags=neighbor"),
    chain(small, "sws_flags=bilinear;scale=100:80"),
    chain(tiny, "scale=w='32+8*n':h=40:eval=frame,scale=48:32"),
    chain(tiny, "scale=128:96:flags=lanczos+accurate_rnd+full_chroma_int"),
    chain(tiny, "scale=iw*2:ih*2:flags=spline:in_range=tv:out_range=pc"),
    chain(tiny, "scale=100:-1:force_original_aspect_ratio=decrease:force_divisible_by=2"),
    chain(yuv422p10, "scale=100:100,hflip"),
    chain(rgb48, "scale=40:30"),
    chain(tiny, "zscale=100:80:f=spline36"),
    chain(yuv420p10, "zscale=48:40:d=error_diffusion,format=yuv420p"),
    chain(small, "hflip"),
    chain(odd, "hflip"),
    chain(rgb24, "hflip"),
    chain(rgb48, "hflip"),
    chain(gray16, "hflip"),
    chain(small, "vflip"),
    chain(gbrp, "vflip"),
    chain(nv12, "vflip"),
    chain(small, "vflip,hflip,vflip"),
    chain(small, "rotate=45*PI/180:fillcolor=AliceBlue,scale=512:-2"),
    chain(tiny, "rotate=2*PI*t/3:c=black:ow=hypot(iw\\,ih):oh=ow:bilinear=0"),
    chain(small, "transpose=1"),
    chain(nv12, "transpose=2"),
    chain(rgb24, "transpose=cclock_flip"),
    chain(small, "crop=101:77:3:5"),
    chain(small, "crop=99:51:1:1:exact=1,format=yuv444p"),
    chain(small, "crop=64:48:x='n*4':y='n'"),
    chain(small, "pad=200:180:5:7:color=red"),
    chain(odd, "pad=60:40:-1:-1:eval=frame"),
    chain(tiny, "zoompan=z='zoom+0.1':d=3:s=64x48:x='iw/2-(iw/zoom/2)':fps=25"),
    chain(tiny, "scroll=h=0.05:v=-0.02:hpos=0.2"),
    chain(tiny, "shear=shx=0.3:shy=-0.1:fillcolor=blue:interp=nearest"),
    chain(tiny, "perspective=4:3:60:0:2:40:64:48:interpolation=cubic:sense=source"),
    chain(tiny, "perspective=x0='on':y0='in/2':eval=frame"),
    chain(tiny, "lenscorrection=k1=-0.2:k2=0.05:i=bilinear"),
    chain(tiny, "v360=e:flat:yaw=30:pitch=10:w=48:h=48"),
    chain(tiny, "v360=e:c3x2:interp=cubic"),
    chain(tiny, "stereo3d=sbsl:arcd"),
    chain(tiny, "stereo3d=sbsl:al"),
    chain(tiny, "fillborders=4:5:6:7:mirror"),
    chain(tiny, "fillborders=4:4:4:4:fixed:color=yellow"),
    chain(tiny, "swaprect=16:16:0:0:32:20"),
    chain(tiny, "super2xsai"),
    chain(tiny, "hqx=2"),
    chain(tiny, "xbr=3"),
    chain(tiny, "epx=2"),
    chain(tiny, "pixelize=7:5:mode=max"),
    chain(small, "setsar=4/3"),
    chain(small, "setdar=16/9,scale=iw*sar:ih"),
    chain(tiny, "untile=2x2"),
    chain(tiny, "tile=2x2"),
    chain(tiny, "tile=3x3:nb_frames=5:margin=3:padding=2:overlap=2:init_padding=1:color=green"),

    /* pixel formats and colours */
    chain(small, "format=rgb24"),
    chain(small, "format=gray,negate"),
    chain(small, "format=yuvj420p"),
    chain(small, "format=pal8"),
    chain(small, "format=monow"),
    chain(tiny, "noformat=yuv420p|yuvj420p,negate"),
    chain(tiny, "format=yuv420p|yuv444p,noformat=yuv420p,negate"),
    chain(yuv444p16, "format=rgb48le"),
    chain(yuyv422, "format=uyvy422"),
    chain(p010, "format=yuv420p10le,vflip"),
    chain(rgba, "format=argb"),
    chain(bgr0, "format=nv21"),
    chain(gbrpf32, "format=gbrp12le"),
    chain(gray, "format=ya8"),
    chain(tiny, "pixdesctest"),
    chain(small, "colorspace=all=bt709:iall=bt601-6-625"),
    with_one_thread(chain(yuv420p10, "colorspace=bt2020:iall=bt709:format=yuv422p12:dither=fsb")),
    chain(tiny, "colormatrix=bt601:bt709"),
    chain(tiny, "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709,"
                "zscale=m=bt2020nc:p=bt2020:t=smpte2084:npl=100,format=yuv420p10le"),
    chain(gbrpf32, "setparams=color_trc=linear:color_primaries=bt2020,"
                   "tonemap=hable:desat=0:peak=5"),
    chain(gbrpf32, "tonemap=mobius:param=0.4"),
    chain(tiny, "setparams=colorspace=bt709:color_primaries=bt709:color_trc=bt709,"
                "zscale=t=linear:npl=100,format=gbrpf32le,tonemap=reinhard,"
                "zscale=t=bt709:m=bt709:r=tv,format=yuv420p"),
    chain(tiny, "setrange=pc,format=rgb24"),
    chain(tiny, "setparams=range=pc:field_mode=tff"),
    chain(rgb24, "colorbalance=rs=.3:gm=-.2:bh=.1:pl=1"),
    chain(rgba, "colorchannelmixer=.3:.4:.3:0:.3:.4:.3:0:.3:.4:.3"),
    chain(gbrp16, "colorchannelmixer=rr=.5:rg=.5:pc=lum:pa=.5"),
    chain(rgb24, "colorcontrast=rc=.5:gm=-.3:by=.1:rcw=.5:gmw=.4:byw=.2:pl=.3"),
    chain(yuv444p, "colorcorrect=rl=.2:bh=-.1:saturation=1.2"),
    chain(yuv444p, "colorcorrect=analyze=average"),
    chain(tiny, "colorize=120:.5:.4:mix=.7"),
    with_one_thread(chain(rgb24, "colorlevels=rimin=.1:gimax=.8:bomin=.2")),
    chain(gbrp16, "colorlevels=rimin=.1:preserve=lum"),
    chain(gbrp, "colortemperature=4000:mix=.8:pl=.5"),
    chain(rgb24, "colorhold=red:.3:.1"),
    chain(rgba, "colorkey=green:.3:.1"),
    chain(tiny, "chromahold=red:.2:.1"),
    chain(tiny, "chromakey=green:.2:.1"),
    chain(yuv444p, "hsvhold=hue=60:sat=.5:val=.5:similarity=.4"),
    chain(yuv444p, "hsvkey=hue=200:sat=-.7:val=.6:similarity=.4:blend=.2"),
    chain(yuva420p, "lumakey=threshold=.3:tolerance=.2:softness=.1"),
    chain(rgb24, "curves=vintage"),
    chain(rgb48, "curves=r='0/0.1 .5/.6 1/.9':b='0/0 .4/.5 1/1'"),
    chain(gbrp, "curves=m='0/0 .5/.7 1/1':preset=lighter"),
    chain(tiny, "eq=contrast=1.3:brightness=.1:saturation=1.5:gamma=1.2:gamma_r=.9"),
    chain(tiny, "eq=brightness='0.02*n':eval=frame"),
    chain(tiny, "hue=h=90:s=.5:b=1"),
    chain(small, "hue=h=90:enable='between(n,5,10)'"),
    chain(tiny, "hue=H='2*PI*t':s='sin(2*PI*t)+1'"),
    chain(gbrp, "huesaturation=hue=30:saturation=.4:intensity=.2:colors=r+g:strength=3"),
    chain(gbrpf32, "exposure=exposure=.5:black=.1"),
    chain(gbrp, "vibrance=intensity=.7:gbal=-1"),
    chain(rgb24, "selectivecolor=reds=.3 .1 -.2 0:whites=0 0 .3 .1:correction_method=relative"),
    chain(gbrp, "despill=green:mix=.4:expand=.2"),
    chain(gbrpf32, "grayworld"),
    chain(gbrp, "greyedge=difford=1:minknorm=5:sigma=2"),
    chain(tiny, "monochrome=cb=.2:cr=-.3:size=2:high=.2"),
    chain(rgb24, "normalize=blackpt=black:whitept=white:smoothing=3:strength=.8"),
    chain(rgb24, "histeq=strength=.4:intensity=.3:antibanding=strong"),
    chain(tiny, "negate"),
    chain(rgba, "negate=components=r+a"),
    chain(tiny, "pseudocolor=preset=turbo"),
    chain(gray16, "pseudocolor=c0='val*2':c1='if(gt(val,1000),1,0)':i=0"),
    chain(tiny, "limiter=min=40:max=200:planes=3"),
    chain(tiny, "lut=c0=negval:c1='val/2'"),
    chain(yuv420p10, "lut=c0='clip(val*1.2,minval,maxval)'"),
    chain(rgb24, "lutrgb=r='gammaval(0.6)':g=negval"),
    chain(rgb48, "lutrgb=b=0"),
    chain(tiny, "lutyuv=y='bitand(val,240)':u=128:v=maxval"),
    chain(rgb24, "lut1d=interp=cubic"),
    chain(rgb24, "lut3d=interp=trilinear"),
    chain(gbrpf32, "lut3d"),
    chain(tiny, "elbg=8:seed=1"),
    chain(tiny, "elbg=8:seed=2:pal8=1"),
    chain(rgb24, "rgbashift=rh=3:gv=-2:bh=1:edge=wrap"),
    chain(tiny, "chromashift=cbh=3:crv=-2"),
    chain(tiny, "swapuv"),
    chain(tiny, "shuffleplanes=0:2:1"),
    chain(gbrp, "shuffleplanes=2:0:1"),
    chain(tiny, "shufflepixels=seed=3:mode=block:w=8:h=8"),
    chain(rgb24, "shufflepixels=seed=7:m=vertical:d=inverse"),
    chain(yuva420p, "alphaextract"),
    chain(yuva420p, "fade=in:0:4:alpha=1"),
    chain(tiny, "fade=out:4:6:color=white"),
    chain(tiny, "fade=in:st=0.1:d=0.2"),
    chain(tiny, "vignette=PI/4:dither=0"),
    chain(tiny, "vignette=angle='PI/4+n/50':eval=frame:mode=backward:aspect=1"),
    chain(tiny, "geq=lum='p(X,Y)*mod(N,2)+X':cb='128+Y/4':cr=p(X\\,Y)"),
    chain(rgb24, "geq=r='255-r(X,Y)':g='g(W-X,Y)':b='b(X,Y)*T':i=n"),
    chain(tiny, "extractplanes=u"),
    chain(rgba, "premultiply=inplace=1"),
    chain(rgba, "unpremultiply=inplace=1"),
    chain(tiny, "geq=lum='128+50*sin(X/8+N)':cb=128:cr=128"),

    /* one picture at a time */
    chain(small, "drawbox=10:10:50:50:red@0.5:t=fill"),
    chain(rgb24, "drawbox=x=w/8:y=5:w=20:h=10:c=invert:t=2"),
    chain(yuva420p, "drawbox=5:5:20:20:blue@.3:t=fill:replace=1"),
    chain(tiny, "drawgrid=w=10:h=8:t=1:c=white@.4:x=3"),
    chain(tiny, "floodfill=x=10:y=10:s0=100:d0=200:d1=90"),
    chain(tiny, "delogo=x=10:y=10:w=20:h=12"),
    chain(tiny, "addroi=0:0:iw/2:ih:-1/10,hflip"),
    chain(tiny, "avgblur=3:sizeY=2"),
    chain(tiny, "boxblur=2:1:cr=1:cp=2"),
    chain(tiny, "gblur=2:steps=2"),
    chain(gbrpf32, "gblur=1.5:planes=5"),
    chain(tiny, "dblur=angle=30:radius=4"),
    chain(tiny, "smartblur=1.5:.8:5"),
    chain(tiny, "sab=1.2:1:15"),
    chain(tiny, "yaepblur=r=2:s=200"),
    chain(tiny, "bilateral=sigmaS=3:sigmaR=.2"),
    chain(tiny, "unsharp=7:7:-2:5:5:1"),
    chain(yuv420p10, "unsharp=5:5:1.5"),
    chain(tiny, "cas=.6"),
    chain(tiny, "convolution=0 -1 0 -1 5 -1 0 -1 0:0 -1 0 -1 5 -1 0 -1 0"),
    chain(tiny, "convolution=0m=1 1 1 1 1:0mode=row:0rdiv=1/5"),
    chain(gray16, "convolution=0m='1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1':0bias=10"),
    chain(tiny, "prewitt=scale=2"),
    chain(tiny, "roberts=planes=1"),
    chain(tiny, "sobel=delta=10"),
    chain(yuv420p10, "scharr"),
    chain(tiny, "kirsch"),
    chain(tiny, "edgedetect=low=.1:high=.4"),
    chain(gbrp, "edgedetect=mode=colormix"),
    chain(tiny, "edgedetect=mode=canny"),
    chain(tiny, "erosion=threshold0=40:coordinates=90"),
    chain(tiny, "dilation"),
    chain(tiny, "inflate=threshold1=30"),
    chain(tiny, "deflate"),
    chain(tiny, "median=2:percentile=.3"),
    chain(yuv420p10, "median=1:radiusV=2"),
    chain(tiny, "removegrain=5:17:20"),
    chain(odd, "removegrain=1:24"),
    chain(tiny, "gradfun=3:10"),
    chain(tiny, "deband=1thr=.05:range=12:blur=0"),
    chain(tiny, "deblock=filter=weak:block=4"),
    with_one_thread(chain(tiny, "dctdnoiz=8:overlap=5")),
    chain(rgb24, "dctdnoiz=12:n=4:overlap=8"),
    chain(tiny, "nlmeans=s=3:p=3:r=5"),
    chain(odd, "nlmeans"),
    chain(tiny, "bm3d=sigma=3:block=4:bstep=8:group=1"),
    with_one_thread(chain(gray, "bm3d=sigma=5:bstep=8:group=4:range=4")),
    chain(tiny, "owdenoise=8:6:6"),
    chain(tiny, "vaguedenoiser=3:method=hard:nsteps=3"),
    chain(tiny, "fftfilt=dc_Y=20:weight_Y='1+squish(1-(Y+X)/100)'"),
    chain(tiny, "fspp=4:8"),
    chain(tiny, "spp=3:6"),
    chain(tiny, "pp7=5:hard"),
    chain(brief, "pp=hb/vb/dr/al"),
    chain(brief, "qp=10,pp=de"),
    chain(tiny, "chromanr=20:sizew=3:sizeh=3"),
    chain(tiny, "noise=alls=20:allf=u:all_seed=11"),
    chain(tiny, "noise=c0s=15:c0f=a:c0_seed=5:c1s=10:c1_seed=6"),
    chain(tiny, "maskfun=low=20:high=60:fill=128"),
    chain(tiny, "guided=radius=2:eps=.02"),

    /* what shows or measures */
    chain(tiny, "bbox=min_val=60"),
    chain(tiny, "bench=start,hflip,bench=stop"),
    chain(tiny, "bitplanenoise=bitplane=2:filter=1"),
    chain(tiny, "blackdetect=d=.1:pix_th=.4"),
    chain(tiny, "blackframe=amount=10:threshold=100"),
    chain(tiny, "blockdetect=period_min=3"),
    chain(tiny, "blurdetect=block_width=16:block_height=16"),
    chain(tiny, "ciescope=size=256:i=.1:cie=luv:gamuts=rec709"),
    chain(tiny, "codecview=mv=pf+bf"),
    chain(tiny, "cropdetect=limit=24:round=2:reset=0,"
                "metadata=select:key=lavfi.cropdetect.w:value=40:function=greater"),
    chain(tiny, "datascope=s=128x96:mode=color2:axis=1"),
    chain(brief, "scale=640:480,pixscope=.5:.5:8:8"),
    chain(small, "oscilloscope=.5:.5:.8:.5"),
    chain(tiny, "signalstats,drawgraph=m1=lavfi.signalstats.YAVG:m2=lavfi.signalstats.UAVG:"
                "min=0:max=255:s=80x60:slide=scroll"),
    chain(tiny, "signalstats=stat=tout+vrep+brng:out=brng:c=red"),
    chain(tiny, "entropy=mode=diff,metadata=print"),
    chain(tiny, "histogram=level_height=60:scale_height=4:components=3"),
    chain(tiny, "thistogram=width=40:d=overlay:e=1:slide=scroll"),
    chain(tiny, "vectorscope=mode=color3:graticule=green:opacity=.5"),
    chain(tiny, "waveform=i=.1:filter=acolor:graticule=orange"),
    chain(tiny, "waveform=mode=row:display=overlay:components=3"),
    chain(rgb24, "format=pal8,showpalette=s=4"),
    chain(tiny, "showinfo"),
    chain(tiny, "latency,vfrdet"),
    chain(tiny, "scdet=threshold=5:sc_pass=0"),
    chain(tiny, "select='gt(scene,0.01)'"),
    chain(tiny, "freezedetect=n=0.1:d=0.1,metadata=select:key=lavfi.freezedetect.freeze_start"),
    chain(tiny, "idet,metadata=add:key=a:value=b"),
    chain(tiny, "photosensitivity=frames=6:threshold=.1"),
    chain(tiny, "readeia608=spw=.3,readvitc"),
    chain(tiny, "siti"),
    chain(tiny, "vmafmotion"),
    chain(tiny, "sidedata=mode=select:type=A53_CC"),
    chain(tiny, "sidedata=delete"),
    chain(tiny, "metadata=add:lavfi.rect.x:10,metadata=add:lavfi.rect.y:8,"
                "metadata=add:lavfi.rect.w:20,metadata=add:lavfi.rect.h:16,cover_rect=mode=blur"),
    chain(tiny, "perms=ro,drawbox=3:3:20:20"),
    chain(tiny, "perms=toggle,negate"),
    chain(tiny, "graphmonitor=m=compact:s=128x96"),
    chain(tiny, "sendcmd=c='0.2 hue s 0;0.3 hue h 90',hue=s=2"),
    chain(tiny, "fifo,vflip"),
    chain(tiny, "realtime=speed=1000"),
    chain(tiny, "cue=preroll=0.1:buffer=0.1"),

    /* fields */
    chain(small, "yadif"),
    chain(small, "yadif=mode=send_field:parity=tff"),
    chain(yuv420p10, "yadif=mode=send_field_nospatial"),
    chain(top_first, "yadif=deint=interlaced"),
    chain(bottom_first, "yadif=1"),
    chain(small, "bwdif=1"),
    chain(top_first, "bwdif=send_frame:deint=interlaced"),
    chain(bottom_first, "bwdif"),
    chain(top_first, "w3fdif=complex:field"),
    chain(tiny, "w3fdif=simple:frame:tff"),
    chain(top_first, "estdif"),
    chain(tiny, "estdif=frame:bff"),
    chain(tiny, "kerndeint=5:order=1:sharp=1"),
    chain(tiny, "pp=lb"),
    chain(tiny, "field=bottom"),
    chain(top_first, "fieldorder=bff"),
    chain(bottom_first, "fieldorder=tff"),
    chain(tiny, "il=l=d:c=d"),
    chain(tiny, "setfield=bff,separatefields"),
    chain(top_first, "separatefields"),
    chain(bottom_first, "separatefields,setpts=N/TB/50,weave=bottom"),
    chain(tiny, "weave"),
    chain(tiny, "doubleweave=bottom"),
    chain(tiny, "interlace=scan=bff:lowpass=complex"),
    chain(tiny, "tinterlace=merge"),
    chain(tiny, "tinterlace=drop_even"),
    chain(tiny, "tinterlace=pad"),
    chain(tiny, "tinterlace=interleave_top:flags=vlpf"),
    chain(tiny, "tinterlace=interlacex2"),
    chain(tiny, "tinterlace=mergex2"),
    chain(film, "telecine"),
    chain(film, "telecine=first_field=bottom:pattern=2332"),
    chain(film, "telecine,detelecine"),
    chain(film, "telecine,pullup,dejudder=cycle=4"),
    chain(film, "telecine,fieldmatch=order=tff:combmatch=full,decimate"),
    chain(film, "telecine,fieldmatch,yadif=deint=interlaced,decimate=cycle=5"),
    chain(tiny, "phase=t"),
    chain(top_first, "phase=a"),
    chain(tiny, "repeatfields,setpts=N/(FRAME_RATE*TB)"),
    chain(tiny, "select='eq(pict_type,I)'"),
    chain(tiny, "select='key',select='not(eq(pict_type,B))'"),
    chain(top_first, "idet,scale=64:64:interl=-1"),
    chain(top_first, "scale=64:40:interl=1,format=rgb24"),

    /* several pictures at a time */
    chain(tiny, "amplify=radius=2:factor=4"),
    chain(small, "atadenoise"),
    chain(tiny, "atadenoise=0a=.1:0b=.2:s=5:p=5:a=s"),
    chain(tiny, "hqdn3d=6:4:8:6"),
    chain(square, "fftdnoiz=sigma=8:block=16:overlap=.5:prev=1:next=1"),
    chain(tiny, "dedot=m=dotcrawl+rainbows"),
    chain(tiny, "deflicker=size=5:mode=gm"),
    chain(tiny, "deflicker=size=3:mode=median:bypass=0"),
    chain(tiny, "deshake=rx=16:ry=16:edge=clamp"),
    chain(tiny, "lagfun=decay=.8"),
    chain(tiny, "mestimate=epzs:search_param=5"),
    chain(tiny, "random=frames=5:seed=1"),
    chain(tiny, "reverse"),
    chain(small, "reverse"),
    chain(tiny, "tblend=average"),
    chain(tiny, "tblend=all_expr='(A+B*X/W)/2'"),
    chain(rgb24, "tblend=c0_mode=difference:c1_mode=screen:c1_opacity=.5"),
    chain(tiny, "tlut2=c0='(x+y)/2'"),
    chain(tiny, "tmedian=radius=2:percentile=.7"),
    chain(tiny, "tmidequalizer=sigma=.4:radius=2"),
    chain(small, "tmix=frames=5"),
    chain(tiny, "tmix=frames=3:weights='1 -2 1':scale=1"),
    chain(tiny, "thumbnail=5"),
    chain(tiny, "shuffleframes=2 1 0"),
    chain(tiny, "shuffleframes=0 -1 1"),
    chain(tiny, "palettegen=max_colors=16"),
    chain(tiny, "palettegen=stats_mode=diff:reserve_transparent=0"),
    chain(tiny, "palettegen=stats_mode=single"),

    /* time */
    chain(small, "fps=50"),
    chain(small, "fps=10"),
    chain(small, "fps=30000/1001"),
    chain(ntsc, "fps=24:round=down:eof_action=pass"),
    chain(ntsc, "fps=25:start_time=.2"),
    chain(film, "fps=ntsc:round=up"),
    chain(tiny, "fps=fps=source_fps*2"),
    chain(small, "framerate=fps=40"),
    chain(film, "framerate=60:interp_start=0:interp_end=255:scene=100"),
    chain(tiny, "framerate=fps=15"),
    chain(small, "minterpolate=fps=50:mi_mode=blend"),
    chain(tiny, "minterpolate=fps=40:mi_mode=dup"),
    chain(tiny, "minterpolate=fps=50:mi_mode=mci:mc_mode=obmc:me=ds:scd=none"),
    chain(tiny, "minterpolate=fps=60:mi_mode=mci:mc_mode=aobmc:me_mode=bilat:me=epzs:vsbmc=1"),
    chain(ntsc, "minterpolate=fps=24:mi_mode=blend:scd=fdiff"),
    chain(small, "loop=2:3:1"),
    chain(tiny, "loop=loop=3:size=4:start=2,setpts=N/FRAME_RATE/TB"),
    chain(small, "select='not(mod(n,3))'"),
    chain(tiny, "select='between(t,.1,.3)+eq(n,10)'"),
    chain(small, "trim=start_frame=3:end_frame=9"),
    chain(ntsc, "trim=start=0.2:duration=0.3,setpts=PTS-STARTPTS"),
    chain(small, "setpts=2*PTS"),
    chain(small, "setpts=PTS+1/TB"),
    chain(ntsc, "setpts='PTS*0.7+.01*N/TB'"),
    chain(tiny, "setpts='if(eq(N,0),0,PREV_OUTPTS+1+mod(N,3))'"),
    chain(tiny, "settb=1/90000"),
    chain(ntsc, "settb=1/1000,setpts=PTS+7"),
    chain(tiny, "settb=AVTB,setpts=PTS+12345"),
    chain(small, "tpad=stop=4:stop_mode=clone"),
    chain(tiny, "tpad=start=3:stop_duration=0.2:color=red"),
    chain(ntsc, "tpad=start_duration=0.1:start_mode=clone:stop=2"),
    chain(tiny, "framestep=3"),
    chain(tiny, "fps=50,mpdecimate"),
    chain(tiny, "fps=100,mpdecimate=max=2:hi=200:lo=100:frac=.5"),
    chain(ntsc, "decimate=cycle=4"),
    chain(ntsc, "fps=50,tmix=3,fps=10"),
    chain(tiny, "tmix=3,reverse,tblend,reverse"),
    chain(tiny, "fps=50,yadif=1,framestep=2,tpad=stop=2"),
    chain(tiny, "reverse,loop=1:5:2,trim=end_frame=14,setpts=N/FRAME_RATE/TB"),
    chain(tiny, "atadenoise,deflicker,tmedian,thumbnail=4"),
    chain(tiny, "minterpolate=fps=50:mi_mode=blend,framerate=fps=30,tile=2x1"),

    /* only for a while */
    chain(tiny, "boxblur=2:enable='between(t,.1,.2)'"),
    chain(tiny, "tblend=all_mode=difference:enable='gte(n,4)'"),
    chain(tiny, "avgblur=3:enable='mod(n,2)',vflip=enable='lt(t,0.2)'"),
    chain(tiny, "yadif=enable='between(n,3,6)'"),
    chain(tiny, "atadenoise=enable='gt(n,5)'"),
    chain(tiny, "framestep=2,negate=enable='eq(n,2)',curves=negative:enable='gt(pos,0)+1'"),

    /* more than one way in or out inside */
    graph(small, "[video_in]split[a][b];[b]hflip[c];[a][c]hstack[video_out]"),
    graph(small, "[video_in]split[o][s];[s]scale=64:-1[small];[o][small]overlay=x=25:y=25"
                 "[video_out]"),
    graph(small, "color=c=blue:s=176x144:r=25[bg];[bg][video_in]blend=all_mode=average:shortest=1"
                 "[video_out]"),
    graph(tiny, "[video_in]split=3[a][b][c];[a][b][c]vstack=inputs=3[video_out]"),
    graph(tiny, "[video_in]split=4[a][b][c][d];[b]negate[n];[c]vflip[v];[d]reverse[r];"
                "[a][n][v][r]xstack=inputs=4:layout=0_0|w0_0|0_h0|w0_h0[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]scale=32:24[s];[a][s]xstack=layout=0_0|w0_h0:fill=gray"
                "[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]trim=start_frame=4,setpts=PTS-STARTPTS[c];"
                "[a][c]hstack=shortest=1[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]reverse[c];[a][c]blend=all_expr='(A*X+B*(W-X))/W'"
                "[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]tmix=3[c];[a][c]blend=difference:c1_mode=normal"
                "[video_out]"),
    graph(rgb24, "[video_in]split[a][b];[b]hflip[c];[a][c]blend=all_mode=softlight:all_opacity=.6"
                 "[video_out]"),
    graph(tiny, "[video_in]split=3[a][b][c];[b]hflip[d];[c]vflip[e];"
                "[a][d][e]mix=inputs=3:weights='1 2 1'[video_out]"),
    graph(tiny, "[video_in]split=3[a][b][c];[b]hflip[d];[c]vflip[e];[a][d][e]xmedian=inputs=3"
                "[video_out]"),
    graph(small, "[video_in]split[a][b];[a]palettegen=32[p];[b][p]paletteuse=dither=bayer"
                 "[video_out]"),
    graph(rgb24, "[video_in]split[a][b];[a]palettegen=stats_mode=single[p];"
                 "[b][p]paletteuse=new=1:dither=none:diff_mode=rectangle[video_out]"),
    graph(tiny, "[video_in]split[a][b];[a]palettegen=16[p];"
                "[b][p]paletteuse=dither=floyd_steinberg,format=rgb24[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]negate,format=gray[m];[a][m]alphamerge[video_out]"),
    graph(yuva420p, "[video_in]split[a][b];[b]alphaextract,hflip[m];[a][m]alphamerge[video_out]"),
    graph(yuva420p, "color=green:s=80x50:r=25:d=1,format=yuva420p[bg];"
                    "[bg][video_in]overlay=x=3*n:y=4:shortest=1[video_out]"),
    graph(rgba, "color=white@.5:s=80x60:r=25,format=rgba[bg];"
                "[bg][video_in]overlay=format=rgb:eof_action=endall[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]trim=end_frame=4,scale=20:16[s];"
                "[a][s]overlay=4:4:eof_action=pass[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]fps=10,scale=20:16[s];"
                "[a][s]overlay=x='t*40':y=4:repeatlast=0[video_out]"),
    graph(gbrp, "[video_in]split=3[a][b][c];[b]vflip[x];[c]hflip[y];"
                "[a][x][y]displace=edge=mirror[video_out]"),
    graph(tiny, "[video_in]format=yuv444p[v];"
                "nullsrc=s=64x48:r=25,geq='63-X':128:128,format=gray16le[x];"
                "nullsrc=s=64x48:r=25,geq='Y/2':128:128,format=gray16le[y];"
                "[v][x][y]remap[video_out]"),
    graph(tiny, "[video_in]split=3[a][b][c];[b]negate[n];[c]geq='X*4':128:128[m];"
                "[a][n][m]maskedmerge[video_out]"),
    graph(tiny, "[video_in]split=3[a][b][c];[b]geq='p(X,Y)-20':128:128[l];"
                "[c]geq='p(X,Y)*.8':140:140[h];[a][l][h]maskedclamp=undershoot=2[video_out]"),
    graph(tiny, "[video_in]split=3[a][b][c];[b]hflip[d];[c]vflip[e];[a][d][e]maskedmax"
                "[video_out]"),
    graph(tiny, "[video_in]split=3[a][b][c];[b]hflip[d];[c]vflip[e];[a][d][e]maskedmin"
                "[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]gblur[c];[a][c]maskedthreshold=threshold=9[video_out]"),
    graph(tiny, "[video_in]split=4[a][b][c][d];[b]boxblur=3[t];[c]negate[l];[d]hflip[h];"
                "[a][t][l][h]threshold[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]hflip[c];[a][c]lut2=c0='(x*2+y)/3':c1=x:c2=y"
                "[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]edgedetect[c];[a][c]hysteresis=threshold=20[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]eq=gamma=2[c];[a][c]midequalizer[video_out]"),
    graph(gbrpf32, "[video_in]split[a][b];[b]hflip[c];[a][c]multiply=scale=1.5:offset=.2"
                   "[video_out]"),
    graph(gray,
          "color=white:s=5x5:r=25:d=0.32,format=gray[k];[video_in][k]morpho=dilate[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]geq='X*4':'X*2':'Y*2'[r];[a][r]varblur=max_r=6"
                "[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]boxblur=2[g];[a][g]guided=guidance=on:radius=2"
                "[video_out]"),
    graph(tiny, "[video_in]split=3[a][b][c];[b]boxblur=2[f];[c]boxblur=4[r];"
                "[a][f][r]limitdiff=reference=1[video_out]"),
    graph(gray, "color=black:s=63x47:r=25:d=0.32,format=gray,drawbox=28:20:7:7:white:t=fill[k];"
                "[video_in][k]convolve=impulse=first[video_out]"),
    graph(gray, "color=black:s=63x47:r=25:d=0.32,format=gray,drawbox=30:22:3:3:white:t=fill[k];"
                "[video_in][k]deconvolve=noise=.01[video_out]"),
    graph(gray, "[video_in]split[a][b];[b]crop=9:9:20:20[k];[a][k]xcorrelate[video_out]"),
    graph(rgb24, "haldclutsrc=level=4:r=25:d=0.24[clut];[video_in][clut]haldclut=interp=trilinear"
                 "[video_out]"),
    graph(gbrpf32, "[video_in]split=3[a][b][c];[b]crop=32:32[s];[c]crop=32:32,hflip[t];"
                   "[a][s][t]colormap=patch_size=16x16:nb_patches=4[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]hflip[c];[a][c]identity[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]hflip[c];[a][c]msad[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]noise=10:all_seed=3[c];[a][c]psnr[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]noise=10:all_seed=3[c];[a][c]ssim[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]noise=10:all_seed=3[c];[a][c]vif[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]hflip[c];[a][c]framepack=frameseq[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]hflip[c];[a][c]framepack=lines[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]negate[c];[a][c]freezeframes=first=3:last=7:replace=5"
                "[video_out]"),
    graph(small, "color=red:s=176x144:r=25:d=1[r];"
                 "[video_in][r]xfade=transition=circleopen:duration=0.4:offset=0.3[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]scale=32:24[s];[s][a]scale2ref=w=iw/2:h=ih/2[c][d];"
                "[d][c]overlay[video_out]"),
    graph(tiny, "[video_in][back]feedback=w=32:h=24[video_out][part];[part]negate[back]"),
    graph(tiny, "[video_in]split[a][b];[b]hflip[c];[a][c]streamselect=map=1[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]hflip[c];"
                "[a]sendcmd=c='0.2 streamselect map 1'[d];[d][c]streamselect=map=0[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]setpts=PTS+0.02/TB,settb=1/1000[c];"
                "[a]settb=1/1000[d];[d][c]interleave[video_out]"),
    graph(tiny, "color=red:s=64x48:r=25:d=0.2[r];[r][video_in]concat[video_out]"),
    graph(tiny, "color=red:s=64x48:r=25:d=0.2[r];[video_in][r]concat=n=2:v=1:a=0[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]trim=start_frame=6,setpts=PTS-STARTPTS[t];"
                "[a]trim=end_frame=6[h];[t][h]concat[video_out]"),
    graph(tiny, "[video_in]select=n=2:e='mod(n,2)+1'[a][b];[a]hflip[c];[c][b]interleave"
                "[video_out]"),
    graph(yuv444p, "[video_in]extractplanes=y+u+v[y][u][v];[v]negate[n];"
                   "[y][u][n]mergeplanes=0x001020:yuv444p[video_out]"),
    graph(gbrp, "[video_in]extractplanes=r+g+b[r][g][b];[g][b][r]mergeplanes=0x001020:gbrp"
                "[video_out]"),
    graph(yuva420p, "[video_in]split[a][b];[b]alphaextract[m];[a]format=yuv444p[c];"
                    "[m]format=yuv444p[n];[c][n]premultiply[video_out]"),
    graph(film, "[video_in]split[a][b];[b]boxblur[p];"
                "[p]telecine[q];[a]telecine[c];[q][c]fieldmatch=ppsrc=1[video_out]"),
    graph(tiny, "[video_in]split[a][b];[b]nlmeans=r=3:p=3[c];[a][c]bm3d=sigma=5:ref=1:bstep=8:"
                "estim=final[video_out]"),
    graph(tiny, "gradients=s=64x48:r=25:seed=1:c0=red:c1=blue:x0=0:y0=0:x1=63:y1=47[g];"
                "[video_in][g]blend=all_mode=screen:shortest=1[video_out]"),
    graph(tiny, "testsrc=s=64x48:r=25[t];[video_in][t]vstack=shortest=1[video_out]"),
    graph(ntsc, "smptebars=s=96x80:r=50[t];[t][video_in]hstack=shortest=1[video_out]"),
    graph(tiny, "cellauto=s=64x48:rule=30:r=25:seed=1[c];[video_in][c]overlay=30:20:shortest=1"
                "[video_out]"),
    graph(tiny, "life=s=32x24:r=25:seed=1:mold=10[c];[video_in][c]overlay=10:10:shortest=1"
                "[video_out]"),
    graph(tiny, "mandelbrot=s=64x48:r=25:maxiter=50[c];[c]format=yuv420p[m];"
                "[video_in][m]vstack=shortest=1[video_out]"),
    graph(tiny, "[video_in]split[a][b];[a]fps=50[x];[b]fps=10[y];[x][y]hstack[video_out]"),
    graph(tiny, "[video_in]tmix=3,split[a][b];[b]reverse[r];[a][r]concat,fps=12.5[video_out]"),
    graph(top_first, "[video_in]split[a][b];[a]yadif=1[x];[b]bwdif=1[y];[x][y]vstack[video_out]"),
};

std::span<const FilterRow> filter_table() { return rows; }

/* ---- What is not in there ---------------------------------------------------------------------
 */

static constexpr LeftOutFilter left_out[] = {
    {"*_cuda", LeftOut::needs_device, "NVIDIA"},
    {"*_opencl", LeftOut::needs_device, "OpenCL"},
    {"*_qsv", LeftOut::needs_device, "Intel Quick Sync"},
    {"*_vaapi", LeftOut::needs_device, "VA-API"},
    {"*_vulkan", LeftOut::needs_device, "Vulkan"},
    {"hwdownload", LeftOut::needs_device, "takes frames of a device"},
    {"hwmap", LeftOut::needs_device, "takes frames of a device"},
    {"hwupload", LeftOut::needs_device, "makes frames of a device"},
    {"libplacebo", LeftOut::needs_device, "Vulkan"},
    {"ass", LeftOut::needs_file, "subtitles"},
    {"subtitles", LeftOut::needs_file, "subtitles"},
    {"derain", LeftOut::needs_file, "model"},
    {"dnn_classify", LeftOut::needs_file, "model"},
    {"dnn_detect", LeftOut::needs_file, "model"},
    {"dnn_processing", LeftOut::needs_file, "model"},
    {"sr", LeftOut::needs_file, "model"},
    {"nnedi", LeftOut::needs_file, "weights"},
    {"drawtext", LeftOut::needs_file, "font"},
    {"fieldhint", LeftOut::needs_file, "hints"},
    {"find_rect", LeftOut::needs_file, "picture of the object"},
    {"frei0r", LeftOut::needs_file, "plugin"},
    {"removelogo", LeftOut::needs_file, "picture of the logo"},
    {"vidstabdetect", LeftOut::needs_file, "writes what it finds into one"},
    {"vidstabtransform", LeftOut::needs_file, "what vidstabdetect found"},
    {"zmq", LeftOut::needs_network, "commands over a socket"},
};

std::span<const LeftOutFilter> left_out_filters() { return left_out; }

} // namespace filtertable
